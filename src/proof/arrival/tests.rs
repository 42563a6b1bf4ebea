//! What a wrong chart does, and what is still called proven.

use super::super::{PodPlace, parse, prove};
use super::*;
use crate::certs::pem;

const BOTH: [&str; 2] = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];

fn certificate() -> String {
    let mut params = rcgen::CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Acme Root");
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

/// A manifest with the certificate in ConfigMap `ca` under `key`, and a Deployment with this pod spec.
struct Manifest {
    certificate: Fingerprint,
    text: String,
    proof: Proof,
}

impl Manifest {
    fn with_key(key: &str, spec: &str) -> Self {
        let pem = certificate();
        let indented = pem.trim().replace('\n', "\n    ");
        let spec = spec.trim_end().replace('\n', "\n      ");
        let text = format!(
            "kind: ConfigMap\nmetadata: {{name: ca}}\ndata:\n  {key}: |\n    {indented}\n---\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  template:\n    spec:\n      {spec}\n"
        );
        let objects = parse(&text).unwrap();
        Self {
            certificate: pem::parse(pem.as_bytes()).unwrap()[0]
                .certificate
                .fingerprint,
            proof: prove(&objects, &Itself::default()),
            text,
        }
    }

    fn new(spec: &str) -> Self {
        Self::with_key("acme.crt", spec)
    }

    fn reach(&self) -> Reach {
        match self.proof.workloads.as_slice() {
            [] => Reach::Nowhere,
            [only] => only.reach(self.certificate, BOTH[0]),
            _ => unreachable!("there is one workload"),
        }
    }

    fn codes(&self) -> Vec<&str> {
        self.proof.findings.iter().map(|one| one.code).collect()
    }
}

/// The documented pod: an init container makes the bundle in an emptyDir, the main one mounts that and reads it.
const DOCUMENTED: &str = "\
initContainers:
- name: init
  command: [/bin/sh, -c, update-ca-certificates]
  volumeMounts:
  - {name: bundle, mountPath: /etc/ssl/certs}
  - {name: sources, mountPath: /usr/local/share/ca-certificates}
containers:
- name: main
  env:
  - {name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}
  volumeMounts:
  - {name: bundle, mountPath: /etc/ssl/certs}
volumes:
- {name: bundle, emptyDir: {}}
- {name: sources, projected: {sources: [{configMap: {name: ca}}]}}
";

fn documented_but(old: &str, new: &str) -> Manifest {
    assert!(DOCUMENTED.contains(old), "{old}");
    Manifest::new(&DOCUMENTED.replace(old, new))
}

#[test]
fn the_documented_pod_is_proven() {
    let manifest = Manifest::new(DOCUMENTED);
    assert_eq!(manifest.reach(), Reach::Read);
    assert_eq!(manifest.codes(), Vec::<&str>::new());
    let workload = &manifest.proof.workloads[0];
    assert_eq!(
        workload.reach(manifest.certificate, BOTH[1]),
        Reach::Bundled
    );
}

#[test]
fn a_certificate_that_only_the_init_container_sees_is_not_trusted() {
    let alone = documented_but(
        "  volumeMounts:\n  - {name: bundle, mountPath: /etc/ssl/certs}\nvolumes",
        "volumes",
    );
    assert_eq!(alone.reach(), Reach::Nowhere);
}

#[test]
fn a_bundle_that_nobody_makes_is_no_bundle() {
    // What the init container saw may lie in a volume that it could write to; elsewhere it certainly does not.
    for (old, new, reach) in [
        (
            "update-ca-certificates]",
            "echo update-ca-certificates]",
            Reach::Mounted,
        ),
        (
            "  command: [/bin/sh, -c, update-ca-certificates]\n",
            "",
            Reach::Mounted,
        ),
        // It makes the bundle in its own image, which is gone with it.
        (
            "  - {name: bundle, mountPath: /etc/ssl/certs}\n  - {name: sources",
            "  - {name: sources",
            Reach::Nowhere,
        ),
        // It may not write there.
        (
            "  - {name: bundle, mountPath: /etc/ssl/certs}\n  - {name: sources",
            "  - {name: bundle, mountPath: /etc/ssl/certs, readOnly: true}\n  - {name: sources",
            Reach::Nowhere,
        ),
        // The two look at different folders of the volume.
        (
            "  - {name: bundle, mountPath: /etc/ssl/certs}\n  - {name: sources",
            "  - {name: bundle, mountPath: /etc/ssl/certs, subPath: a}\n  - {name: sources",
            Reach::Mounted,
        ),
        // Elsewhere, update-ca-certificates does not look.
        (
            "mountPath: /usr/local/share/ca-certificates}",
            "mountPath: /usr/local/share/ca-certs}",
            Reach::Mounted,
        ),
    ] {
        assert_eq!(documented_but(old, new).reach(), reach, "{new}");
    }
}

#[test]
fn without_the_variable_requests_does_not_read_the_bundle() {
    let line =
        "  env:\n  - {name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}\n";
    assert_eq!(documented_but(line, "").reach(), Reach::Bundled);
    let elsewhere = documented_but(
        "value: /etc/ssl/certs/ca-certificates.crt",
        "value: /etc/ssl/certs/other.crt",
    );
    assert_eq!(elsewhere.reach(), Reach::Bundled);
    let hidden = documented_but(line, "  envFrom: [{configMapRef: {name: e}}]\n");
    assert!(hidden.proof.workloads[0].has_hidden_variables());
}

#[test]
fn requests_reads_what_it_falls_back_on_and_a_folder_too() {
    let line = "{name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}";
    for (env, reach) in [
        (
            "{name: CURL_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}",
            Reach::Read,
        ),
        (
            "{name: REQUESTS_CA_BUNDLE, value: ''}\n  - {name: CURL_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}",
            Reach::Read,
        ),
        (
            "{name: REQUESTS_CA_BUNDLE, value: /x}\n  - {name: CURL_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}",
            Reach::Bundled,
        ),
        (
            "{name: SSL_CERT_FILE, value: /etc/ssl/certs/ca-certificates.crt}",
            Reach::Bundled,
        ),
        (
            "{name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/}",
            Reach::Bundled,
        ),
        ("{name: CURL_CA_BUNDLE, value: /etc/ssl}", Reach::Bundled),
        (
            "{name: REQUESTS_CA_BUNDLE, value: /etc/ssl/../ssl//certs/./ca-certificates.crt}",
            Reach::Read,
        ),
        (
            "{name: D, value: /etc/ssl/certs}\n  - {name: REQUESTS_CA_BUNDLE, value: $(D)/ca-certificates.crt}",
            Reach::Read,
        ),
    ] {
        assert_eq!(documented_but(line, env).reach(), reach, "{env}");
    }
}

#[test]
fn a_folder_serves_where_the_sources_are_too() {
    let text = DOCUMENTED
        .replace("certs/ca-certificates.crt}", "certs}")
        .replace(
            "mountPath: /etc/ssl/certs}\nvolumes",
            "mountPath: /etc/ssl/certs}\n  - {name: sources, mountPath: /usr/local/share/ca-certificates}\nvolumes",
        );
    assert_eq!(Manifest::new(&text).reach(), Reach::Read);
}

#[test]
fn the_update_wants_room_to_work_in() {
    let shut = |more: &str| {
        let init = format!(
            "- name: init\n  securityContext: {{readOnlyRootFilesystem: true}}\n  command: [/bin/sh, -c, update-ca-certificates]\n  volumeMounts:\n{more}"
        );
        Manifest::new(&DOCUMENTED.replace(
            "- name: init\n  command: [/bin/sh, -c, update-ca-certificates]\n  volumeMounts:\n",
            &init,
        ))
    };
    assert_eq!(shut("").reach(), Reach::Mounted);
    assert_eq!(
        shut("  - {name: bundle, mountPath: /tmp, subPath: tmp}\n").reach(),
        Reach::Read
    );
}

#[test]
fn the_update_wants_the_folder_that_it_fills() {
    let text = DOCUMENTED.replace("mountPath: /etc/ssl/certs}", "mountPath: /etc/ssl}");
    assert_eq!(Manifest::new(&text).reach(), Reach::Mounted);
}

#[test]
fn a_name_that_the_update_ignores_is_said() {
    let manifest = Manifest::with_key("acme.pem", DOCUMENTED);
    assert_eq!(manifest.reach(), Reach::Nowhere);
    assert_eq!(manifest.codes(), ["file-name-ignored"]);
    // With an item it gets a name that counts.
    let items = "{name: ca, items: [{key: acme.pem, path: sub/acme.crt}]}";
    let renamed = DOCUMENTED.replace("{name: ca}", items);
    assert_eq!(
        Manifest::with_key("acme.pem", &renamed).reach(),
        Reach::Read
    );
}

#[test]
fn items_that_leave_the_certificate_out_do() {
    let manifest = documented_but(
        "{name: ca}",
        "{name: ca, items: [{key: other.crt, path: other.crt}]}",
    );
    assert_eq!(manifest.reach(), Reach::Nowhere);
}

#[test]
fn a_config_map_that_is_not_rendered_dangles_unless_it_may_be_missing() {
    let missing = documented_but("{name: ca}", "{name: gone}");
    assert_eq!(missing.reach(), Reach::Nowhere);
    assert_eq!(
        missing.proof.dangling,
        [(
            PodPlace::Workload {
                kind: "Deployment".to_owned(),
                name: "d".to_owned()
            },
            "sources".to_owned(),
            "gone".to_owned()
        )]
    );
    for harmless in ["{name: gone, optional: true}", "{name: kube-root-ca.crt}"] {
        let manifest = documented_but("{name: ca}", harmless);
        assert!(manifest.proof.dangling.is_empty(), "{harmless}");
        assert_eq!(manifest.reach(), Reach::Nowhere);
    }
}

#[test]
fn two_sources_that_write_one_file_clash_unless_it_is_the_same() {
    let twice = |first: &str, last: &str| {
        documented_but(
            "[{configMap: {name: ca}}]",
            &format!("[{{configMap: {{name: {first}}}}}, {{configMap: {{name: {last}}}}}]"),
        )
    };
    let same = twice("ca", "ca");
    assert_eq!(same.codes(), Vec::<&str>::new());
    assert_eq!(same.reach(), Reach::Read);
    let codes = |first, last| {
        let text = format!(
            "{}---\nkind: ConfigMap\nmetadata: {{name: other}}\ndata: {{acme.crt: '# nothing'}}\n",
            twice(first, last).text
        );
        let proof = prove(&parse(&text).unwrap(), &Itself::default());
        let codes = proof.findings.iter().map(|one| one.code);
        codes.collect::<Vec<_>>()
    };
    assert!(codes("ca", "other").contains(&"projected-file-clash"));
    // Nothing is lost where the last one has it all.
    assert!(!codes("other", "ca").contains(&"projected-file-clash"));
}

#[test]
fn what_some_readers_alone_can_read_is_said_with_their_names() {
    let pem = certificate();
    let text = |pem: &str| {
        let pem = serde_json::to_string(pem).unwrap();
        let ca = format!("kind: ConfigMap\nmetadata: {{name: ca}}\ndata: {{acme.crt: {pem}}}\n");
        let spec = DOCUMENTED.trim_end().replace('\n', "\n      ");
        format!(
            "{ca}---\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  template:\n    spec:\n      {spec}\n"
        )
    };
    let certificate = pem::parse(pem.as_bytes()).unwrap()[0]
        .certificate
        .fingerprint;
    let said = |pem: &str| {
        let proof = prove(&parse(&text(pem)).unwrap(), &Itself::default());
        let reach = proof
            .workloads
            .first()
            .map(|one| one.reach(certificate, BOTH[0]));
        let said: Vec<String> = proof
            .findings
            .iter()
            .map(|one| format!("{}: {}", one.code, one.message))
            .collect();
        (reach, said.join("\n"))
    };
    let (reach, marked) = said(&format!("\u{feff}{pem}"));
    assert_eq!(reach, Some(Reach::Read));
    assert!(
        marked.starts_with("certificate-passed-over")
            && marked.contains(": rustls (uv) passes over"),
        "{marked}"
    );
    let trusted = pem.replace("CERTIFICATE-----", "TRUSTED CERTIFICATE-----");
    let (reach, trusted) = said(&trusted);
    assert_eq!(reach, Some(Reach::Read));
    assert!(
        trusted.contains("GnuTLS (git) and rustls (uv)"),
        "{trusted}"
    );
    let (_, poisoned) = said(&pem.replacen('\n', "\n\n\n", 1));
    assert!(poisoned.starts_with("mounted-file-poisons"), "{poisoned}");
    assert!(
        poisoned.contains("unreadable for OpenSSL (Python, curl, node)"),
        "{poisoned}"
    );
    assert_eq!(said(&pem), (Some(Reach::Read), String::new()));
}

#[test]
fn files_shut_to_others_do_not_reach_who_is_not_root() {
    let shut = "projected: {defaultMode: 256, sources";
    let root = documented_but("projected: {sources", shut);
    assert_eq!(root.reach(), Reach::Read);
    let text = DOCUMENTED.replace("projected: {sources", shut);
    let stranger = Manifest::new(&format!("securityContext: {{runAsUser: 65532}}\n{text}"));
    assert_eq!(stranger.reach(), Reach::Nowhere);
    assert_eq!(stranger.codes(), ["file-not-readable"]);
    let grouped = Manifest::new(&format!(
        "securityContext: {{runAsUser: 65532, fsGroup: 1}}\n{text}"
    ));
    assert_eq!(grouped.reach(), Reach::Read);
    // Root's group is that of a user without a group of its own.
    let text = text.replace("defaultMode: 256", "defaultMode: 288");
    for (groups, reach) in [
        ("runAsUser: 65532", Reach::Read),
        ("runAsUser: 65532, runAsGroup: 65532", Reach::Nowhere),
        (
            "runAsUser: 65532, runAsGroup: 65532, supplementalGroups: [0]",
            Reach::Read,
        ),
    ] {
        let manifest = Manifest::new(&format!("securityContext: {{{groups}}}\n{text}"));
        assert_eq!(manifest.reach(), reach, "{groups}");
    }
}

/// A bundle that is mounted as it is.
fn mounted(mount: &str, variable: &str) -> Manifest {
    Manifest::with_key(
        "bundle.pem",
        &format!(
            "containers:\n- name: main\n  env: [{{name: REQUESTS_CA_BUNDLE, value: {variable}}}]\n  volumeMounts: [{{name: v, {mount}}}]\nvolumes:\n- {{name: v, configMap: {{name: ca}}}}\n"
        ),
    )
}

#[test]
fn a_bundle_mounted_over_the_images_is_read() {
    let over = "mountPath: /etc/ssl/certs/ca-certificates.crt, subPath: bundle.pem";
    let system = "/etc/ssl/certs/ca-certificates.crt";
    assert_eq!(mounted(over, system).reach(), Reach::Read);
    let wrong = "mountPath: /etc/ssl/certs/ca-certificates.crt, subPath: other.pem";
    assert_eq!(mounted(wrong, system).reach(), Reach::Nowhere);
    let decided_later = "mountPath: /etc/ssl/certs/ca-certificates.crt, subPathExpr: $(X)";
    assert_eq!(mounted(decided_later, system).reach(), Reach::Nowhere);
}

#[test]
fn a_variable_may_name_the_mounted_file_itself() {
    assert_eq!(
        mounted("mountPath: /trust", "/trust/bundle.pem").reach(),
        Reach::Read
    );
}

#[test]
fn a_variable_that_names_what_nothing_fills_is_said() {
    let missing = mounted("mountPath: /trust", "/trust/other.pem");
    assert_eq!(missing.reach(), Reach::Nowhere);
    assert_eq!(missing.codes(), ["variable-points-nowhere"]);
    let empty = documented_but(
        "initContainers:\n- name: init",
        "initContainers: []\nignored:\n- name: init",
    );
    assert_eq!(empty.codes(), ["variable-points-nowhere"]);
    // The image may have it.
    assert!(
        mounted("mountPath: /trust", "/opt/ca.pem")
            .codes()
            .is_empty()
    );
}

#[test]
fn a_volume_mounted_over_the_sources_hides_them() {
    let hidden = documented_but(
        "  - {name: sources, mountPath: /usr/local/share/ca-certificates}\n",
        "  - {name: sources, mountPath: /usr/local/share/ca-certificates, subPath: sub}\n",
    );
    assert_eq!(hidden.reach(), Reach::Nowhere);
    let text = DOCUMENTED.replace(
        "  - {name: sources, mountPath: /usr/local/share/ca-certificates}\n",
        "  - {name: sources, mountPath: /usr/local/share}\n  - {name: other, mountPath: /usr/local/share/ca-certificates}\n",
    );
    let items = "{name: ca, items: [{key: acme.crt, path: ca-certificates/acme.crt}]}";
    let text = text.replace("{name: ca}", items) + "- {name: other, emptyDir: {}}\n";
    assert_eq!(Manifest::new(&text).reach(), Reach::Nowhere);
}

#[test]
fn a_container_that_updates_itself_trusts_them() {
    let own = "containers:\n- name: main\n  args: [sh, -c, 'update-ca-certificates && exec agent']\n  env: [{name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}]\n  volumeMounts: [{name: v, mountPath: /usr/local/share/ca-certificates}]\nvolumes:\n- {name: v, configMap: {name: ca}}\n";
    assert_eq!(Manifest::new(own).reach(), Reach::Read);
    let without = own.replace("update-ca-certificates && ", "");
    assert_eq!(Manifest::new(&without).reach(), Reach::Mounted);
}

#[test]
fn hooks_are_no_workloads() {
    let pem = certificate();
    let indented = pem.trim().replace('\n', "\n    ");
    let spec = DOCUMENTED.trim_end().replace('\n', "\n      ");
    let text = format!(
        "kind: ConfigMap\nmetadata: {{name: ca}}\ndata:\n  acme.crt: |\n    {indented}\n---\nkind: Job\nmetadata: {{name: j, annotations: {{helm.sh/hook: pre-install}}}}\nspec:\n  template:\n    spec:\n      {spec}\n"
    );
    assert!(
        prove(&parse(&text).unwrap(), &Itself::default())
            .workloads
            .is_empty()
    );
}

/// The documented pod, with one container more.
fn with_sidecar(itself: &Itself<'_>, first: bool) -> Reach {
    let sidecar = "- name: sidecar\n  image: busybox\n";
    let text = if first {
        DOCUMENTED.replace("\ncontainers:\n", &format!("\ncontainers:\n{sidecar}"))
    } else {
        DOCUMENTED.replace(
            "volumes:\n- {name: bundle",
            &format!("{sidecar}volumes:\n- {{name: bundle"),
        )
    };
    let text = text.replace("- name: main", "- name: main\n  image: agent:1");
    let manifest = Manifest::new(&text);
    let objects = parse(&manifest.text).unwrap();
    prove(&objects, itself).workloads[0].reach(manifest.certificate, BOTH[0])
}

#[test]
fn a_workload_is_as_good_as_the_container_that_needs_it() {
    let by_name = |name| Itself {
        container: Some(name),
        ..Itself::default()
    };
    let by_image = Itself {
        container: Some("not-there"),
        image: Some("agent:1"),
        ..Itself::default()
    };
    for first in [true, false] {
        assert_eq!(with_sidecar(&by_name("main"), first), Reach::Read);
        assert_eq!(with_sidecar(&by_image, first), Reach::Read);
        // Where nothing tells which one it is, one that gets it will do.
        assert_eq!(with_sidecar(&Itself::default(), first), Reach::Read);
        assert_eq!(with_sidecar(&by_name("sidecar"), first), Reach::Nowhere);
    }
}

#[test]
fn an_init_container_that_asks_a_server_needs_a_bundle_made_before() {
    let waiting = |mount: &str| {
        format!(
            "- name: wait\n  command: [sh, -c, 'until curl -s https://api.acme.example/debug.ping; do sleep 5; done']\n  volumeMounts: [{mount}]\n"
        )
    };
    let mounted = waiting("{name: bundle, mountPath: /etc/ssl/certs}");
    let asked = |text: &str| {
        let manifest = Manifest::new(text);
        let workload = &manifest.proof.workloads[0];
        let mut asked = workload.init_containers().flat_map(|one| &one.asked);
        let (question, trusted) = asked.next().unwrap();
        assert_eq!(question.url, "https://api.acme.example/debug.ping");
        trusted.contains(&manifest.certificate)
    };
    let after = |wait: &str| {
        DOCUMENTED.replace(
            "containers:\n- name: main",
            &format!("{wait}containers:\n- name: main"),
        )
    };
    assert!(asked(&after(&mounted)));
    assert!(!asked(&after(&waiting(""))));
    let before = DOCUMENTED.replace("- name: init\n", &format!("{mounted}- name: init\n"));
    assert!(!asked(&before));
}

#[test]
fn a_mount_without_its_volume_is_told() {
    let manifest = documented_but("- {name: sources, projected", "- {name: others, projected");
    assert_eq!(
        manifest
            .proof
            .workloads
            .first()
            .map(|one| one.missing_volumes.clone()),
        None,
        "no certificate is left in it"
    );
    let manifest = documented_but(
        "- name: main\n",
        "- name: more\n  volumeMounts: [{name: gone, mountPath: /x}]\n- name: main\n",
    );
    assert_eq!(
        manifest.proof.workloads[0].missing_volumes,
        [("more".to_owned(), "gone".to_owned())]
    );
}

#[test]
fn of_several_variables_of_one_name_the_last_counts() {
    let again = "  - {name: REQUESTS_CA_BUNDLE, value: /opt/other.pem}\n";
    let line = "  - {name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}\n";
    let last = documented_but(line, &format!("{line}{again}"));
    assert_eq!(last.reach(), Reach::Bundled);
    let first = documented_but(line, &format!("{again}{line}"));
    assert_eq!(first.reach(), Reach::Read);
}

#[test]
fn what_stands_twice_in_a_pod_is_told() {
    let volumes = documented_but(
        "- {name: bundle, emptyDir: {}}",
        "- {name: bundle, emptyDir: {}}\n- {name: bundle, emptyDir: {}}",
    );
    assert_eq!(volumes.codes(), ["pod-has-it-twice"]);
    let mount = "  - {name: bundle, mountPath: /etc/ssl/certs}\nvolumes";
    let mounts = documented_but(
        mount,
        &format!("  - {{name: sources, mountPath: /etc/ssl/certs/}}\n{mount}"),
    );
    assert_eq!(mounts.codes(), ["pod-has-it-twice"]);
}

#[test]
fn a_pod_in_a_file_that_task_pods_mount_is_no_template() {
    let pod = "spec: {containers: [{env: []}], volumes: [{name: f, secret: {secretName: files}}]}";
    let text = format!(
        "kind: ConfigMap\nmetadata: {{name: pt}}\ndata: {{t: '{pod}'}}\n---\nkind: Secret\nmetadata: {{name: files}}\nstringData: {{job.yaml: 'spec: {{containers: [{{}}]}}', x.j2: \"containers:\\n- [\"}}\n"
    );
    let proof = prove(&parse(&text).unwrap(), &Itself::default());
    assert_eq!(proof.task_pods.len(), 1);
    assert!(proof.broken.is_empty());
}

#[test]
fn a_sidecar_among_the_init_containers_holds_nobody_up() {
    let wait = "- name: logs\n  restartPolicy: Always\n  command: [sh, -c, 'until curl -s https://logs.acme.example; do sleep 5; done']\n- name: init\n";
    let manifest = documented_but("- name: init\n", wait);
    let workload = &manifest.proof.workloads[0];
    assert!(workload.init_containers().all(|one| one.asked.is_empty()));
}

/// Two certificates in objects called `ca`, and the documented pod with a volume of these sources.
fn with_two(objects: &str, sources: &str) -> [Reach; 2] {
    let pems = [certificate(), certificate()];
    let encoded = pems.each_ref().map(|pem| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(pem)
    });
    let blocks = pems
        .each_ref()
        .map(|pem| pem.trim().replace('\n', "\n    "));
    let objects = objects
        .replace("ENCODED1", &encoded[0])
        .replace("ENCODED2", &encoded[1])
        .replace("PEM1", &format!("|\n    {}", blocks[0]))
        .replace("PEM2", &format!("|\n    {}", blocks[1]));
    let spec = DOCUMENTED.replace("{configMap: {name: ca}}", sources);
    let spec = spec.trim_end().replace('\n', "\n      ");
    let text = format!(
        "{objects}---\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  template:\n    spec:\n      {spec}\n"
    );
    let proof = prove(&parse(&text).unwrap(), &Itself::default());
    pems.map(|pem| {
        let one = pem::parse(pem.as_bytes()).unwrap()[0]
            .certificate
            .fingerprint;
        let mut workloads = proof.workloads.iter();
        workloads
            .next()
            .map_or(Reach::Nowhere, |only| only.reach(one, BOTH[0]))
    })
}

#[test]
fn of_two_keys_of_one_object_the_mounted_one_arrives() {
    let objects =
        "kind: ConfigMap\nmetadata: {name: ca}\ndata:\n  one.crt: PEM1\n  two.crt: PEM2\n";
    let item =
        |key: &str| format!("{{configMap: {{name: ca, items: [{{key: {key}, path: a.crt}}]}}}}");
    assert_eq!(
        with_two(objects, &item("one.crt")),
        [Reach::Read, Reach::Nowhere]
    );
    assert_eq!(
        with_two(objects, &item("two.crt")),
        [Reach::Nowhere, Reach::Read]
    );
    assert_eq!(
        with_two(objects, "{configMap: {name: ca}}"),
        [Reach::Read; 2]
    );
}

#[test]
fn a_config_map_and_a_secret_of_one_name_are_two() {
    let objects = "kind: ConfigMap\nmetadata: {name: ca}\ndata:\n  a.crt: PEM1\n---\nkind: Secret\nmetadata: {name: ca}\ndata: {a.crt: ENCODED2}\n";
    assert_eq!(
        with_two(objects, "{configMap: {name: ca}}"),
        [Reach::Read, Reach::Nowhere]
    );
    assert_eq!(
        with_two(objects, "{secret: {name: ca}}"),
        [Reach::Nowhere, Reach::Read]
    );
}

#[test]
fn what_objects_have_in_base64_is_read() {
    let of_kind = |kind: &str, field: &str| {
        format!(
            "kind: {kind}\nmetadata: {{name: ca}}\n{field}: {{a.crt: ENCODED1, b.crt: ENCODED2}}\n"
        )
    };
    assert_eq!(
        with_two(
            &of_kind("ConfigMap", "binaryData"),
            "{configMap: {name: ca}}"
        ),
        [Reach::Read; 2]
    );
    assert_eq!(
        with_two(&of_kind("Secret", "data"), "{secret: {name: ca}}"),
        [Reach::Read; 2]
    );
    // In a ConfigMap's data that is a text like any other.
    assert_eq!(
        with_two(&of_kind("ConfigMap", "data"), "{configMap: {name: ca}}"),
        [Reach::Nowhere; 2]
    );
}

#[test]
fn each_container_of_the_components_image_needs_the_certificates() {
    let reach = |second: &str| {
        let spec = DOCUMENTED
            .replace("- name: main\n", "- name: main\n  image: agent:1\n")
            .replace(
                "volumes:\n- {name: bundle",
                &format!("- name: other\n  image: agent:1\n{second}volumes:\n- {{name: bundle"),
            );
        let manifest = Manifest::new(&spec);
        let itself = Itself {
            image: Some("agent:1"),
            ..Itself::default()
        };
        let proof = prove(&parse(&manifest.text).unwrap(), &itself);
        proof.workloads[0].reach(manifest.certificate, BOTH[0])
    };
    assert_eq!(reach(""), Reach::Nowhere);
    let same = "  env:\n  - {name: REQUESTS_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}\n  volumeMounts:\n  - {name: bundle, mountPath: /etc/ssl/certs}\n";
    assert_eq!(reach(same), Reach::Read);
}
