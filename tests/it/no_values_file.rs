//! Files that people give as values files, and that are none: refused as what they are, and not a byte of them changes.

use crate::support::{Helm, World, certificates, chart, copy_folder};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xFF, 0xFE].into_iter().chain(units).collect()
}

either_major! {
    fn what_is_no_values_file_is_neither_edited_nor_deployed(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let flux = "apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nmetadata: {name: clearml-agent}\nspec:\n  values:\n    agentk8sglue:\n      queues: {gpu: {}}\n";
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a.yaml: 'a: 1', b.yaml: 'b: 1'}\n";
        let sops = "clearml: {agentk8sglueKey: 'ENC[AES256_GCM,data:YWJj,tag:x,type:str]'}\nsops: {mac: 'ENC[x]', version: 3.9.0}\n";
        for (content, why) in [
            (flux.as_bytes().to_vec(), "is a Kubernetes object (HelmRelease, helm.fluxcd.io/v1), and no values file: its values stand under spec.values"),
            (map.as_bytes().to_vec(), "is a Kubernetes object (ConfigMap, v1), and no values file: values in it stand in a text under data"),
            (sops.as_bytes().to_vec(), "is encrypted by SOPS"),
            (b"$ANSIBLE_VAULT;1.1;AES256\n3132\n".to_vec(), "is encrypted by ansible-vault"),
            (b"repositories: []\nreleases: []\n".to_vec(), "is a helmfile"),
            (utf16("agentk8sglue:\n  queue: gpu\n"), "is UTF-16LE, as PowerShell's > writes it"),
        ] {
            std::fs::write(world.path("f.yaml"), &content).unwrap();
            world.write("other.yaml", "a: 1\n");
            for files in ["-f f.yaml", "-f f.yaml -f other.yaml", "-f other.yaml,f.yaml"] {
                for command in ["render --in-place", "install --dry-run"] {
                    let (verb, more) = command.split_once(' ').unwrap();
                    world
                        .plugin(&format!("{verb} agent --ca ca.pem --chart {} {files} {more}", chart(AGENT)))
                        .exits(3)
                        .warns(&format!("f.yaml {why}"));
                    assert_eq!(std::fs::read(world.path("f.yaml")).unwrap(), content);
                    assert_eq!(world.read("other.yaml"), "a: 1\n");
                }
            }
        }
        for (word, why) in [
            ("-", "is helm's standard input"),
            ("secrets://f.yaml", "is for helm-secrets"),
            ("https://acme.example/f.yaml", "is an address"),
        ] {
            world
                .plugin(&format!("render agent --ca ca.pem --chart {} -f {word}", chart(AGENT)))
                .exits(3)
                .warns(why);
        }
    }

    fn a_byte_order_mark_is_no_obstacle_anywhere(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        for files in ["-f bom.yaml", "-f bom.yaml -f other.yaml"] {
            world.write("other.yaml", "b: 1\n").write("bom.yaml", "\u{feff}imageCredentials:\n  password: x-y-z-1\n");
            world
                .plugin(&format!("render agent --ca ca.pem --chart {} {files} --in-place", chart(AGENT)))
                .exits(0);
            let edited = if files.contains("other") { "other.yaml" } else { "bom.yaml" };
            assert!(world.read(edited).contains("customCertificates"));
            assert!(world.read("bom.yaml").starts_with("\u{feff}imageCredentials"));
        }
    }

    fn versions_mean_what_they_mean_to_helm(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let asked = |version: &str| {
            let words = ["render", "agent", "--ca", "ca.pem", "--chart", &chart(AGENT), "--version", version];
            world.helm([&["clearml-certs"], &words[..]].concat())
        };
        for version in ["6.9", "6.9.3", "v6.9.3", ">=6.9 <6.14", "6.x || 7", "6.9.3+acme.1"] {
            asked(version).exits(0);
        }
        for version in ["6.10", ">=6.10 <6.14", "7.x"] {
            asked(version).exits(3).warns("is version 6.9.3, not");
        }
        // A registry knows a chart by its version as it is written, with the letter that Helm takes as well.
        let folder = world.path("chart");
        copy_folder(chart(AGENT).as_ref(), &folder);
        let metadata = folder.join("Chart.yaml");
        let text = std::fs::read_to_string(&metadata).unwrap().replace("\nversion: 6.9.3", "\nversion: v6.9.3");
        std::fs::write(&metadata, text).unwrap();
        world
            .plugin("install agent --ca ca.pem --agent-chart ./chart --skip-probe --dry-run")
            .exits(0)
            .says("--version v6.9.3");
    }
}
