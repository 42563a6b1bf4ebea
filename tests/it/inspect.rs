//! `inspect` through the real helm: what it shows of every kind of source, and how it ends.

use crate::support::authority::{authority, server};
use crate::support::tls_server::serve;
use crate::support::{Helm, World};

fn json(run: &crate::support::Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap()
}

either_major! {
    fn a_good_chain_is_shown_as_a_table_a_tree_and_verdicts(world) {
        let root = authority("Acme Root").self_signed();
        let issuing = authority("Acme Issuing").issued_by(&root);
        world.write("ca.pem", &(issuing.pem() + &root.pem()));
        world
            .plugin("inspect ca.pem")
            .exits(0)
            .says("intermediate")
            .says("3649 days")
            .says("Chains\n  Acme Root root\n  └─ Acme Issuing intermediate")
            .says("Python ≥ 3.13")
            .says("The 2 as a whole: every client takes all of them")
            .never_says("✗")
            .never_says("[certificate-");
    }

    fn what_python_will_refuse_is_said_in_its_words(world) {
        let root = authority("Acme Root").without_subject_id().self_signed();
        world.write("ca.pem", &root.pem());
        world
            .plugin("inspect ca.pem")
            .exits(0)
            .says("Python ≥ 3.13: Missing Subject Key Identifier")
            .warns("warning[ca-without-subject-key-id]");
        world.write("two.pem", &authority("Other Root").self_signed().pem());
        world.plugin("inspect ca.pem two.pem").exits(0).says("; Python ≥ 3.13 refuses 1");
        let run = world.plugin("inspect ca.pem two.pem -o json");
        assert_eq!(json(&run)["refusals"]["python-3.13"], 1);
        assert_eq!(json(&run)["refusals"]["curl"], 0);
    }

    fn error_findings_end_with_3_and_json_has_them_too(world) {
        let root = authority("Acme Root").days(-100, -1).self_signed();
        world.write("ca.pem", &root.pem());
        world.plugin("inspect ca.pem").exits(3).warns("error[certificate-expired]").says("expired");
        let run = world.plugin("inspect ca.pem -o json");
        run.exits(3);
        let whole = json(&run);
        assert_eq!(whole["schemaVersion"], 1);
        assert_eq!(whole["findings"][0]["code"], "certificate-expired");
        assert_eq!(whole["certificates"][0]["role"], "root");
        assert_eq!(whole["certificates"][0]["verdicts"]["curl"]["error"], "certificate has expired");
        world.plugin("inspect ca.pem --expires-within x").exits(64);
    }

    fn a_folder_is_read_with_all_below_it_and_what_is_skipped_is_named(world) {
        std::fs::create_dir(world.path("ca")).unwrap();
        std::fs::create_dir(world.path("ca/deep")).unwrap();
        world.write("ca/deep/one.crt", &authority("One").self_signed().pem());
        std::fs::write(world.path("ca/two.der"), authority("Two").self_signed().x509.to_der().unwrap()).unwrap();
        world.write("ca/README", "hello");
        world.plugin("inspect ca").exits(0).says("One").says("Two").warns("ca/README was skipped");
        std::fs::remove_dir_all(world.path("ca/deep")).unwrap();
        std::fs::remove_file(world.path("ca/two.der")).unwrap();
        world.plugin("inspect ca").exits(3).warns("holds no certificate file");
    }

    fn an_override_file_is_inspected_by_its_values(world) {
        let pem = authority("Acme Root").self_signed().pem();
        let indented = pem.replace('\n', "\n        ");
        let text = format!(
            "clearml:\n  apiSecret: hunter2\ncustomCertificates:\n  extraCerts:\n    - alias: a\n      pem: |\n        {}\n",
            indented.trim_end()
        );
        world.write("values.yaml", &text);
        world
            .plugin("inspect values.yaml")
            .exits(0)
            .says("customCertificates.extraCerts[0].pem")
            .never_says("hunter2");
    }

    fn a_server_is_judged_by_the_trust_that_is_proposed(world) {
        let root = authority("Acme Root").self_signed();
        let issuing = authority("Acme Issuing").issued_by(&root);
        let leaf = server("localhost").issued_by(&issuing);
        world.write("ca.pem", &root.pem());
        let complete = serve(&[&leaf, &issuing]);
        let verdicts = |port: u16| {
            let run = world.plugin(&format!("inspect https://localhost:{port} ca.pem -o json"));
            json(&run)["servers"][0]["verdicts"].clone()
        };
        for (client, said) in verdicts(complete).as_object().unwrap() {
            assert_eq!(said["trusted"], true, "{client}");
        }
        let incomplete = serve(&[&leaf]);
        let said = verdicts(incomplete);
        assert_eq!(said["curl"]["error"], "unable to get local issuer certificate");
        assert_eq!(said["uv"]["error"], "UnknownIssuer");
        // Alone it has no trust beside it to be judged by: what it presents says nothing.
        let run = world.plugin(&format!("inspect https://localhost:{complete}"));
        run.exits(0)
            .never_says("each client will say of")
            .says(&format!("helm clearml-certs probe https://localhost:{complete}"));
        let run = world.plugin(&format!("inspect https://localhost:{complete} ca.pem"));
        run.says("With the given certificates as trust, each client will say of the servers");
        // As trust, it wants a fingerprint.
        let install = |more: &str| {
            let line = format!("install gateway --ca https://localhost:{complete} --release gw --dry-run {more}");
            world.plugin(&line)
        };
        install("").exits(4).warns("--fingerprint");
        let wrong = "00".repeat(32);
        install(&format!("--fingerprint {wrong}")).exits(3).warns("presents no certificate with the fingerprint");
        world.plugin("inspect https://127.0.0.1:1").exits(1).warns("cannot be reached");
    }

    fn an_object_of_the_cluster_needs_kubectl_and_a_cluster(world) {
        let run = world.plugin("inspect secret:team/ca/ca.crt");
        run.exits(1).warns("secret team/ca").warns("kubectl");
        world.plugin("inspect configmap:").exits(64);
    }

    fn what_is_no_certificate_is_refused(world) {
        world.write("key.pem", &authority("x").self_signed().key_pem());
        world.plugin("inspect key.pem").exits(3).warns("key.pem:1: a private key");
        world.plugin("inspect").exits(64);
    }
}
