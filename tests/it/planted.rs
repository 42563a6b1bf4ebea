//! Secrets planted in every shape that users have them in: none of them comes out, whatever is asked for.

use crate::support::canaries::Canaries;
use crate::support::{Helm, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";

/// What must not be seen; written here, and not asked of the code.
const SECRETS: [&str; 14] = [
    "git-pass-of-the-agent-1",
    "url-password-2",
    "AKIAIOSFODNN7EXAMPLE",
    "bearer-token-of-somebody-4",
    "database-word-5",
    "eyJhdXRocyI6eyJkb2NrZXIuaW8iOnsiYXV0aCI6IngifX19",
    "719230846512",
    "quoted'word\"6",
    "pat-of-github-7",
    "s3-secret-8",
    "MHcCAQEEIPlantedKeyPlantedKeyPlantedKeyPlantedKeyoAoGCCqGSM49",
    "passphrase of several words 9",
    "set-word-10",
    "json-word-11",
];

const VALUES: &str = r#"
imageCredentials:
  password: quoted'word"6
agentk8sglue:
  apiServerUrlReference: "https://api.acme.example"
  extraEnvs:
    - name: CLEARML_AGENT_GIT_PASS
      value: git-pass-of-the-agent-1
    - name: PIP_INDEX_URL
      value: https://reader:url-password-2@pypi.acme.example/simple
    - name: CLOUD_ACCESS
      value: AKIAIOSFODNN7EXAMPLE
    - name: HEADERS
      value: "Authorization: Bearer bearer-token-of-somebody-4"
    - name: DATABASE
      value: Server=db;User=me;Password=database-word-5;Encrypt=true
    - name: GITHUB_PAT
      value: pat-of-github-7
    - name: ROUTER_PIN
      value: "719230846512"
  basePodTemplate:
    env:
      - name: SSH_KEY_PASSPHRASE
        value: passphrase of several words 9
registry:
  dockerconfigjson: eyJhdXRocyI6eyJkb2NrZXIuaW8iOnsiYXV0aCI6IngifX19
clearml:
  clearmlConfig: |-
    sdk.aws.s3 { key: "a", secret: "s3-secret-8" }
notes: |
  -----BEGIN EC PRIVATE KEY-----
  MHcCAQEEIPlantedKeyPlantedKeyPlantedKeyPlantedKeyoAoGCCqGSM49
  -----END EC PRIVATE KEY-----
"#;

both_majors! {
    fn no_planted_secret_is_shown(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.canaries.keep(&SECRETS);
        std::fs::write(world.path(AGENT_FILE), VALUES).unwrap();
        let line = format!("agent --ca ca.pem --agent-chart {} --skip-probe", chart(AGENT));
        let set = r#"-- --set imageCredentials.token=set-word-10 --set-json {"more":{"password":"json-word-11"}}"#;
        for words in [
            format!("install {line} --dry-run {set}"),
            format!("install {line} --dry-run --show-manifest {set}"),
            format!("install {line} --dry-run --show-manifest -o json {set}"),
            format!("install {line} --dry-run -- --set-string imageCredentials.password=set-word-10 --set broken[=1"),
            format!("render {line} -f {AGENT_FILE}"),
            format!("render {line} -f {AGENT_FILE} -o json"),
            format!("render {line} -f {AGENT_FILE} --check"),
            format!("doctor agent --agent-chart {}", chart(AGENT)),
            format!("inspect {AGENT_FILE}"),
        ] {
            world.plugin(&words);
        }
    }
}

/// A guard that sees nothing would let every test pass.
#[test]
fn a_secret_is_seen_in_every_form_in_which_somebody_could_read_it() {
    let canaries = Canaries::default();
    canaries.learn(
        "imageCredentials: {password: a word's \"<end>\"}\nenv: [{name: apiKey, value: 1234567}]",
    );
    for output in [
        r#"a word's "<end>""#,
        r#""a word's \"<end>\"""#,
        r#"a word's \"\u003cend\u003e\""#,
        r#"'a word''s "<end>"'"#,
        "https://a+word%27s+%22%3Cend%3E%22@acme.example",
        "x=YSB3b3JkJ3MgIjxlbmQ+Ig==",
        "x=YSB3b3JkJ3MgIjxlbmQ-Ig==",
        "glued/YSB3b3JkJ3MgIjxlbmQ+Ig",
        "dXNlcjphIHdvcmQncyAiPGVuZD4iIQ==",
        "to1234567",
    ] {
        assert!(canaries.heard_in(output).is_some(), "{output}");
    }
    assert_eq!(canaries.heard_in("a word's end, 123456"), None);
}
