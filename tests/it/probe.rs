//! `probe`, and what `install` says of the servers that the values name, through the real helm.

use crate::support::authority::{
    ALTERNATIVE_NAMES, Issued, KEY_USAGE, Name, Recipe, authority, ec_key_on, server,
};
use crate::support::tls_server::{serve, serve_old, serve_silence};
use crate::support::{Helm, World, certificates, chart, file_server};
use serde_json::Value;

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";

fn json(run: &crate::support::Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

/// Root, intermediate and a server certificate for `localhost`.
fn chain() -> [Issued; 3] {
    let root = authority("Acme Root").self_signed();
    let issuing = authority("Acme Issuing").issued_by(&root);
    let leaf = server("localhost").issued_by(&issuing);
    [root, issuing, leaf]
}

/// Where the issuer can be fetched: `SEQUENCE { SEQUENCE { id-ad-caIssuers, [6] url } }`.
fn issued_at(recipe: Recipe, url: &str) -> Recipe {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .concat()
    };
    let element = |tag: u8, content: Vec<u8>| {
        [vec![tag, u8::try_from(content.len()).unwrap()], content].concat()
    };
    let method = vec![0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
    let location = element(0x86, url.as_bytes().to_vec());
    let access = element(0x30, element(0x30, [method, location].concat()));
    recipe.with("1.3.6.1.5.5.7.1.1", false, &hex(&access))
}

fn install(world: &World, more: &str) -> crate::support::Run {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    world.plugin(&format!(
        "install agent --ca ca.pem --chart {chart} -n team-a --dry-run {more}"
    ))
}

fn names_server(world: &World, port: u16) {
    let values = format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{port}\n");
    world.write(AGENT_FILE, &values);
}

either_major! {
    fn a_server_that_every_client_will_trust_passes(world) {
        let [root, issuing, leaf] = chain();
        world.write("ca.pem", &root.pem());
        let port = serve(&[&leaf, &issuing]);
        let run = world.plugin(&format!("probe https://localhost:{port} --ca ca.pem"));
        run.exits(0)
            .says("TLS 1.2, 1.3")
            .says("Acme Issuing")
            .says("with public roots (--mode append)")
            .never_says("✗")
            .never_says("What would help");
        // The scheme may be left out.
        let run = world.plugin(&format!("probe localhost:{port} --ca ca.pem -o json"));
        let whole = json(run.exits(0));
        let server = &whole["servers"][0];
        assert_eq!(server["url"], format!("https://localhost:{port}"));
        assert_eq!(server["tlsVersions"], serde_json::json!(["1.2", "1.3"]));
        assert_eq!(server["presented"].as_array().unwrap().len(), 2);
        for trust in server["trusts"].as_array().unwrap() {
            for (client, said) in trust["verdicts"].as_object().unwrap() {
                assert_eq!(said["trusted"], true, "{client}");
            }
        }
    }

    fn without_its_ca_it_is_said_who_refuses_and_what_is_missing(world) {
        let [root, issuing, leaf] = chain();
        let port = serve(&[&leaf, &issuing]);
        world
            .plugin(&format!("probe https://localhost:{port}"))
            .exits(3)
            .warns("error[server-not-trusted]")
            .warns("UnknownIssuer")
            .says("CN=Acme Root, which is not presented")
            .says("? CN=Acme Root (not presented)");
        let presented = serve(&[&leaf, &issuing, &root]);
        let run = world.plugin(&format!("probe https://localhost:{presented} -o json"));
        let remedy = &json(run.exits(3))["servers"][0]["remedy"];
        assert_eq!(remedy["enough"], true);
        assert_eq!(remedy["add"].as_array().unwrap().len(), 1, "the root alone");
        assert_eq!(remedy["add"][0]["subject"], "CN=Acme Root");
    }

    fn an_intermediate_that_is_not_presented_is_named_and_can_be_trusted_as_well(world) {
        let [root, issuing, leaf] = chain();
        world.write("root.pem", &root.pem()).write("issuing.pem", &issuing.pem());
        let port = serve(&[&leaf]);
        world
            .plugin(&format!("probe https://localhost:{port} --ca root.pem"))
            .exits(3)
            .says("CN=Acme Issuing, which is not presented");
        world
            .plugin(&format!("probe https://localhost:{port} --ca root.pem --ca issuing.pem"))
            .exits(0)
            .warns("warning[server-chain-incomplete]")
            .warns("ssl_certificate");
    }

    fn missing_issuers_are_fetched_only_when_asked_for_and_saved_for_later(world) {
        let folder = world.path("");
        let site = file_server::serve(&folder);
        let root = authority("Acme Root").self_signed();
        let issuing = issued_at(authority("Acme Issuing"), &format!("{site}/root.der")).issued_by(&root);
        let leaf = issued_at(server("localhost"), &format!("{site}/issuing.der")).issued_by(&issuing);
        std::fs::write(folder.join("root.der"), root.x509.to_der().unwrap()).unwrap();
        std::fs::write(folder.join("issuing.der"), issuing.x509.to_der().unwrap()).unwrap();
        let port = serve(&[&leaf]);
        let line = format!("probe https://localhost:{port}");
        world.plugin(&line).exits(3).never_says("fetched");
        world
            .plugin(&format!("{line} --follow-aia --save found.pem"))
            .exits(3)
            .says("every client trusts it with\n    CN=Acme Issuing (intermediate)")
            .says("    CN=Acme Root (root)")
            .warns("compare their fingerprints");
        // It overwrites nothing.
        let saved = world.read("found.pem");
        let again = world.plugin(&format!("{line} --follow-aia --save found.pem"));
        again.exits(64).warns("--save would overwrite found.pem");
        assert_eq!(world.read("found.pem"), saved);
        // What was saved is what --ca takes, and it is enough.
        assert!(!world.read("found.pem").contains("PRIVATE"));
        world.plugin(&format!("{line} --ca found.pem")).exits(0);
        world.plugin("inspect found.pem").exits(0).says("Acme Root").says("Acme Issuing");
        std::fs::remove_file(folder.join("root.der")).unwrap();
        world.plugin(&format!("{line} --follow-aia")).exits(3).warns("warning[issuer-not-fetched]").warns("404");
    }

    fn a_name_that_is_not_the_certificates_is_told_apart_from_trust(world) {
        let [root, issuing, _] = chain();
        // DNS:other.example
        let leaf = server("other").with("2.5.29.17", false, "300F820D6F746865722E6578616D706C65").issued_by(&issuing);
        world.write("ca.pem", &root.pem());
        let port = serve(&[&leaf, &issuing]);
        world
            .plugin(&format!("probe https://localhost:{port} --ca ca.pem"))
            .exits(3)
            .warns("error[server-name-mismatch]")
            .warns("DNS:other.example")
            .never_says("server-not-trusted");
    }

    fn a_server_that_speaks_only_old_tls_is_named(world) {
        let [root, issuing, leaf] = chain();
        world.write("ca.pem", &root.pem());
        let port = serve_old(&[&leaf, &issuing]);
        world
            .plugin(&format!("probe https://localhost:{port} --ca ca.pem"))
            .exits(3)
            .says("TLS 1.0, 1.1")
            .warns("error[server-tls-too-old]");
    }

    fn a_server_that_cannot_be_asked_does_not_hold_up_the_others(world) {
        let [root, issuing, leaf] = chain();
        world.write("ca.pem", &root.pem());
        let (good, silent) = (serve(&[&leaf, &issuing]), serve_silence());
        let nobody = file_server::NOBODY.replace("http://", "https://");
        let run = world.plugin(&format!(
            "probe https://localhost:{silent} {nobody} https://localhost:{good} --ca ca.pem --connect-timeout 3"
        ));
        run.exits(1).warns("in time").warns("cannot be reached").says(&format!("https://localhost:{good}"));
        world.plugin("probe http://localhost").exits(64).warns("did you mean https://?");
    }

    fn install_asks_the_servers_of_the_values_and_refuses_what_no_python_would_trust(world) {
        let [root, issuing, leaf] = chain();
        world.write("ca.pem", &root.pem());
        let port = serve(&[&leaf, &issuing]);
        names_server(&world, port);
        install(&world, "").exits(0).says(&format!("https://localhost:{port} trusted by every client")).never_says("server-");
        world.write("ca.pem", &certificates::ca("Another Root"));
        install(&world, "")
            .exits(3)
            .warns("error[server-not-trusted]")
            .warns("agentk8sglue.apiServerUrlReference")
            .warns("helm clearml-certs probe");
        install(&world, "--ignore server-not-trusted").exits(0).warns("warning[server-not-trusted]");
        install(&world, "--skip-probe").exits(0).never_says("server-");
    }

    fn install_goes_on_where_a_server_cannot_be_reached_from_here(world) {
        let [root, ..] = chain();
        world.write("ca.pem", &root.pem());
        let nobody = file_server::NOBODY.rsplit_once(':').unwrap().1.parse().unwrap();
        names_server(&world, nobody);
        install(&world, "").exits(0).warns("warning[server-unreachable]").says("not reached from here");
    }

    fn what_only_new_pythons_refuse_is_a_warning(world) {
        let root = authority("Acme Root").without("2.5.29.15").self_signed();
        let leaf = server("localhost").issued_by(&root);
        world.write("ca.pem", &root.pem());
        names_server(&world, serve(&[&leaf]));
        install(&world, "")
            .exits(0)
            .warns("warning[server-refused-by-some]")
            .warns("Python ≥ 3.13 will say \"CA cert does not include key usage extension\"");
    }

    fn a_given_root_stands_in_the_chain_and_a_wrong_name_is_named_for_what_it_is(world) {
        let root = authority("Acme Root").self_signed();
        world.write("ca.pem", &root.pem());
        let probe = |leaf: Recipe, host: &str, ca: &str| {
            let port = serve(&[&leaf.issued_by(&root)]);
            world.plugin(&format!("probe https://{host}:{port} {ca}"))
        };
        probe(server("localhost"), "localhost", "--ca ca.pem")
            .exits(0)
            .says("Acme Root root, given\n  └─ localhost leaf")
            .never_says("not presented");
        let as_dns = server("x").names(&[Name::Dns("127.0.0.1")]);
        probe(as_dns, "127.0.0.1", "--ca ca.pem")
            .exits(3)
            .warns("names the address as DNS:127.0.0.1, which counts for no client")
            .says("subjectAltName=IP:")
            .never_says("give it with --ca");
        let common = server("localhost").without(ALTERNATIVE_NAMES);
        probe(common, "localhost", "--ca ca.pem")
            .exits(3)
            .warns("has localhost as common name and not as alternative name");
        // Two faults: both are told.
        let other = server("x").names(&[Name::Dns("api.acme.example")]);
        probe(other, "localhost", "")
            .exits(3)
            .warns("is not for localhost but for DNS:api.acme.example")
            .says("for its name: use a name of the certificate in the URL")
            .says("the certificate of CN=Acme Root, which is not presented:")
            .says("if it is the root: give it with --ca, or try --follow-aia");
    }

    fn a_renewed_issuer_and_another_spelling_of_its_name_are_named(world) {
        let key = ec_key_on(openssl::nid::Nid::X9_62_PRIME256V1);
        let former = authority("Acme Easy").key(key.clone()).days(-400, 100).self_signed();
        let renewed = authority("Acme Easy").key(key).self_signed();
        let leaf = server("localhost").names_issuer_by_serial().issued_by(&former);
        world.write("former.pem", &former.pem()).write("renewed.pem", &renewed.pem());
        let port = serve(&[&leaf]);
        world
            .plugin(&format!("probe https://localhost:{port} --ca renewed.pem"))
            .exits(3)
            .warns("error[server-not-trusted]")
            .warns("the CA was renewed with the same key, and OpenSSL goes by the number")
            .says("trust the CA's former certificate");
        world
            .plugin(&format!("probe https://localhost:{port} --ca renewed.pem --ca former.pem"))
            .exits(0)
            .never_says("older-generation");

        // `install` learns it of the server, too.
        world.write("ca.pem", &(former.pem() + &renewed.pem()));
        names_server(&world, port);
        install(&world, "").exits(0).never_says("older-generation");
        install(&world, "--skip-probe").exits(0).warns("note[older-generation]");

        let root = authority("Acme Authority").spelt_by_what_it_issues("ACME  authority").self_signed();
        let port = serve(&[&server("localhost").issued_by(&root)]);
        world.write("ca.pem", &root.pem());
        world
            .plugin(&format!("probe https://localhost:{port} --ca ca.pem"))
            .exits(0)
            .warns("warning[server-refused-by-some]")
            .warns("git and uv compare bytes")
            .says("copies the issuer's name byte for byte");
    }

    fn a_root_named_like_a_host_is_offered_and_saved(world) {
        let root = authority("harbor.acme.example").without(KEY_USAGE).self_signed();
        let leaf = server("localhost").issued_by(&root);
        let port = serve(&[&leaf, &root]);
        let run = world.plugin(&format!("probe https://localhost:{port} --save saved.pem"));
        run.exits(3).says("CN=harbor.acme.example (root)").says("harbor.acme.example root\n  └─ localhost leaf");
        assert!(world.read("saved.pem").contains(&root.pem()));
        // What presents its own certificate alone presents no CA.
        let port = serve(&[&leaf]);
        world
            .plugin(&format!("probe https://localhost:{port} --save none.pem"))
            .exits(3)
            .warns("nothing was saved: no server presents a CA")
            .never_says("none.pem has the CAs");
        assert!(!world.path("none.pem").exists());
        // Alone, it is that server's own.
        let port = serve(&[&root]);
        world
            .plugin(&format!("probe https://localhost:{port}"))
            .exits(3)
            .says("self-signed server")
            .warns("is not for localhost but for no host at all");
    }
}
