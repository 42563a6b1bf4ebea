//! `inspect` through the real helm: what it shows of every kind of source, and how it ends.

use openssl::nid::Nid;

use crate::support::authority::{
    BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE, Issued, KEY_USAGE, authority, ec_key_on, server,
    spelt_out_key,
};
use crate::support::tls_server::serve;
use crate::support::{Helm, World, chart};

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
        world.plugin("inspect ca").exits(0).says("One").says("Two").warns("ca: README was skipped");
        // What lies beside is one note, however much; a key is none, unless a certificate is in it.
        for name in ["a.txt", "b.txt", "c.txt"] {
            world.write(&format!("ca/{name}"), "hello");
        }
        world.write("ca/tls.key", &authority("Key").self_signed().key_pem());
        let run = world.plugin("inspect ca");
        run.exits(0).warns("ca: README, a.txt, b.txt and 1 more were skipped").never_says("tls.key");
        assert_eq!(run.count("file-skipped"), 1, "{run}");
        world.write("ca/tls.key", &authority("Key").self_signed().pem());
        world.plugin("inspect ca").exits(0).warns("and 2 more were skipped");
        // A key beside them hides no certificate, and is told.
        world.write("ca/key.pem", &authority("Key").self_signed().key_pem());
        world.plugin("inspect ca").exits(3).says("One").says("Two").warns("error[file-refused]: ca/key.pem:1: a private key");
        world.plugin("probe https://127.0.0.1:1 --ca ca").exits(3).warns("ca/key.pem:1: a private key").never_says("file-refused");
        std::fs::remove_file(world.path("ca/key.pem")).unwrap();
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

    fn a_ca_that_no_python_takes_is_an_error_wherever_it_is_given(world) {
        let acme = || authority("Acme Root");
        let chart = chart("clearml-enterprise-agent-6.14.6");
        for (recipe, words) in [
            (acme().subject_id_critical(), "unhandled critical extension"),
            (acme().with("1.2.3.4.5", true, "0500"), "unhandled critical extension"),
            (acme().with(EXTENDED_KEY_USAGE, false, "300A06082B06010505070302"), "unsuitable certificate purpose"),
            (acme().with(EXTENDED_KEY_USAGE, false, "30060604551D2500"), "unsuitable certificate purpose"),
            (acme().key(spelt_out_key(Nid::X9_62_PRIME256V1)), "explicit ECC parameters"),
        ] {
            world.write("ca.pem", &recipe.self_signed().pem());
            let lines = [
                "inspect ca.pem".to_owned(),
                format!("render agent --ca ca.pem --agent-chart {chart}"),
                format!("install agent --ca ca.pem --agent-chart {chart} -n team-a --dry-run"),
            ];
            for line in lines {
                world.plugin(&line).exits(3).warns("error[certificate-refused]").warns(words);
            }
        }
        // All that a good one is said to be is nothing.
        world.write("ca.pem", &acme().self_signed().pem());
        world.plugin("inspect ca.pem").exits(0).never_says("certificate-refused");
    }

    fn a_ca_that_some_clients_do_not_take_is_a_warning_in_their_words(world) {
        let refused = |certificates: &[&Issued], words: &str| {
            let pem: String = certificates.iter().map(|one| one.pem()).collect();
            world.write("ca.pem", &pem);
            world
                .plugin("inspect ca.pem")
                .exits(0)
                .warns("warning[certificate-refused-by-some]")
                .warns(words);
        };
        let old = authority("Acme Root").version_1().self_signed();
        refused(&[&old], "Python ≥ 3.13 will say \"invalid CA certificate\"");
        let brainpool = authority("Acme Root").key(ec_key_on(Nid::BRAINPOOL_P256R1)).self_signed();
        refused(&[&brainpool], "git will say");
        let short = authority("Acme Root").with(BASIC_CONSTRAINTS, true, "30060101FF020100").self_signed();
        let issuing = authority("Acme Issuing").issued_by(&short);
        refused(&[&short, &issuing], "Python ≤ 3.12, node will say \"path length constraint exceeded\"");
        world.plugin("inspect ca.pem").says("✗").warns("larger pathlen");
    }

    fn a_signature_of_its_own_that_does_not_fit_is_told_though_no_client_looks(world) {
        let mut der = authority("Acme Root").self_signed().x509.to_der().unwrap();
        let last = der.len() - 1;
        der[last] ^= 1;
        std::fs::write(world.path("ca.der"), &der).unwrap();
        world.plugin("inspect ca.der").exits(0).warns("warning[certificate-signature-broken]");
    }

    fn keys_are_shown_by_the_names_of_their_curves(world) {
        for (key, name) in [
            (ec_key_on(Nid::BRAINPOOL_P384R1), "ECDSA brainpoolP384r1"),
            (ec_key_on(Nid::SECP256K1), "ECDSA secp256k1"),
            (spelt_out_key(Nid::SECP384R1), "ECDSA explicit curve"),
        ] {
            world.write("ca.pem", &authority("Acme Root").key(key).self_signed().pem());
            world.plugin("inspect ca.pem").says(name);
        }
    }

    fn who_signed_what_tells_a_ca_from_a_server_and_not_its_name(world) {
        let harbor = authority("harbor.acme.example").without(KEY_USAGE).self_signed();
        let registry = server("reg.acme.example").issued_by(&harbor);
        world.write("ca.pem", &harbor.pem()).write("reg.pem", &registry.pem());
        world
            .plugin("inspect ca.pem")
            .exits(0)
            .warns("warning[ca-without-key-usage]")
            .warns("note[ca-named-like-a-host]")
            .never_says("self-signed server");
        world
            .plugin("inspect ca.pem reg.pem")
            .says("harbor.acme.example root\n  └─ reg.acme.example leaf")
            .never_says("ca-named-like-a-host");

        let root = authority("api.acme.example").self_signed();
        let leaf = server("api.acme.example").issued_by(&root);
        world.write("ca.pem", &root.pem()).write("leaf.pem", &leaf.pem());
        world
            .plugin("inspect leaf.pem ca.pem")
            .says("api.acme.example root\n  └─ api.acme.example leaf")
            .warns("certificate-not-a-ca")
            .never_says("older-generation")
            .never_says("same-subject-other-key");
        let run = world.plugin("inspect leaf.pem -o json");
        assert_eq!(json(&run)["certificates"][0]["role"], "leaf");
    }

    fn a_renewed_ca_is_no_leftover_while_a_certificate_names_it_by_its_serial_number(world) {
        let key = ec_key_on(Nid::X9_62_PRIME256V1);
        let former = authority("Acme Easy").key(key.clone()).days(-400, 100).self_signed();
        let renewed = authority("Acme Easy").key(key).self_signed();
        let leaf = server("api.acme.example").names_issuer_by_serial().issued_by(&former);
        world.write("ca.pem", &(former.pem() + &renewed.pem())).write("leaf.pem", &leaf.pem());
        world
            .plugin("inspect ca.pem")
            .warns("note[older-generation]")
            .warns("those that name it by its serial number");
        world.plugin("inspect ca.pem leaf.pem").never_says("older-generation");
    }
}
