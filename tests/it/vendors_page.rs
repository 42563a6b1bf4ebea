//! The vendor's page "Deployment with Self-Signed Certificates", as it is written there, against what is written here and
//! against the stand-in chart: neither is measured by the other alone.

use serde_yaml::Value;

use crate::support::{Helm, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";

/// The page's values; its placeholders are an image's tag and the certificates.
const PAGE: &str = r#"# -- Custom certificates
customCertificates:
  # -- Extra certs usable in case of needs of adding more certificates to the standard bundle, Requires root permissions to run update-ca-certificates. Mutual exclusive with overrideCaCertificatesCrt.
  extraCerts:
     - alias: certificate-name-1
       pem: |
         CERT 1
     - alias: certificate-name-2
       pem: |
         CERT 2
agentk8sglue:
  basePodTemplate:
    initContainers:
      - command:
        - /bin/sh
        - -c
        - update-ca-certificates
        image: allegroai/clearml-enterprise-agent-k8s-base:1.24
        imagePullPolicy: IfNotPresent
        name: init-task
        volumeMounts:
          - name: etc-ssl-certs
            mountPath: "/etc/ssl/certs"
          - name: clearml-extra-ca-certs
            mountPath: "/usr/local/share/ca-certificates"
    env:
      - name: REQUESTS_CA_BUNDLE
        value: /etc/ssl/certs/ca-certificates.crt
    volumeMounts:
      - name: etc-ssl-certs
        mountPath: "/etc/ssl/certs"
    volumes:
      - name: etc-ssl-certs
        emptyDir: {}
      - name: clearml-extra-ca-certs
        projected:
          defaultMode: 420
          sources:
# LIST HERE CONFIGMAPS CREATED BY THE AGENT CHART, THE CARDINALITY DEPENDS ON THE NUMBER OF CERTS PROVIDED.
          - configMap:
              name: clearml-agent-clearml-enterprise-agent-custom-ca-0
          - configMap:
              name: clearml-agent-clearml-enterprise-agent-custom-ca-1
"#;

/// The page with two certificates of this world.
fn page(world: &World) -> String {
    ["1", "2"].iter().fold(PAGE.to_owned(), |page, number| {
        let pem = certificates::ca(&format!("Acme Root {number}"));
        world.write(&format!("{number}.pem"), &pem);
        let indented = pem.trim_end().replace('\n', "\n         ");
        page.replace(&format!("CERT {number}"), &indented)
    })
}

fn line(command: &str) -> String {
    let chart = chart(AGENT);
    format!(
        "{command} agent --ca certificate-name-1=1.pem --ca certificate-name-2=2.pem --chart {chart} --task-image allegroai/clearml-enterprise-agent-k8s-base:1.24"
    )
}

/// Whether all that `part` says is said by `whole`; an item of a list may be anywhere in it.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Mapping(whole), Value::Mapping(part)) => part.iter().all(|(key, inner)| {
            let there = whole.get(key);
            there.is_some_and(|there| holds(there, inner))
        }),
        (Value::Sequence(whole), Value::Sequence(part)) => part
            .iter()
            .all(|item| whole.iter().any(|one| holds(one, item))),
        _ => whole == part,
    }
}

both_majors! {
    fn what_is_written_into_a_new_file_has_all_that_the_page_has(world) {
        let page: Value = serde_yaml::from_str(&page(&world)).unwrap();
        let run = world.plugin(&line("render"));
        let written: Value = serde_yaml::from_str(&run.exits(0).stdout).unwrap();
        assert!(holds(&written, &page), "{run}");
    }

    fn a_file_made_by_hand_after_the_page_keeps_every_line_of_it(world) {
        let page = page(&world);
        world.write(AGENT_FILE, &page);
        // It lacks the second variable and the sources in the task's container, which later pages, and experiment, add.
        world.plugin(&line("render --in-place")).exits(0).says("is written");
        let written = world.read(AGENT_FILE);
        let mut rest = written.lines();
        for line in page.lines() {
            assert!(rest.any(|one| one == line), "{line}\n{written}");
        }
        for once in ["name: init-task", "name: REQUESTS_CA_BUNDLE", "custom-ca-0", "custom-ca-1", "BEGIN CERTIFICATE-----"] {
            let times = if once.starts_with("BEGIN") { 2 } else { 1 };
            assert_eq!(written.matches(once).count(), times, "{once}\n{written}");
        }
        assert!(written.contains("name: SSL_CERT_FILE"), "{written}");
    }

    fn the_stand_in_names_its_config_maps_as_the_page_does(world) {
        world.write(AGENT_FILE, &page(&world));
        let chart = chart(AGENT);
        let words = ["template", "clearml-agent", &chart, "--kube-version", "1.32.0", "-f", AGENT_FILE];
        let rendered = world.helm(words);
        let documents = serde_yaml::Deserializer::from_str(&rendered.exits(0).stdout);
        let objects: Vec<Value> = documents
            .map(|one| serde::Deserialize::deserialize(one).unwrap())
            .collect();
        for number in ["1", "2"] {
            let index = number.parse::<u8>().unwrap() - 1;
            let name = format!("clearml-agent-clearml-enterprise-agent-custom-ca-{index}");
            let named = objects.iter().find(|one| one["kind"] == "ConfigMap" && one["metadata"]["name"] == *name);
            let data = named.unwrap_or_else(|| panic!("no {name}\n{rendered}"))["data"].clone();
            let pem = world.read(&format!("{number}.pem"));
            assert_eq!(data[format!("certificate-name-{number}.crt")].as_str(), Some(pem.as_str()));
        }
    }
}
