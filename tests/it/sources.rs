//! Where certificates come from: through a proxy, out of the cluster, out of a release; and what is refused on the way in.

use std::fmt::Write as _;
use std::fs;

use crate::support::authority::{Issued, authority, server};
use crate::support::platform::{link, make_executable};
use crate::support::programs::program;
use crate::support::proxy_server::Proxy;
use crate::support::tls_server::serve;
use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, Helm, Run, World, chart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::pkcs12::Pkcs12;
use openssl::symm::Cipher;
use openssl::x509::X509Req;
use serde_json::{Value, json};

/// A server of the host `api.acme.example`, which only a proxy can find.
fn hidden_server() -> u16 {
    let root = authority("Acme Root").self_signed();
    serve(&[&server("api.acme.example").issued_by(&root)])
}

fn inspect_with(world: &World, source: &str, variables: &[(&str, &str)]) -> Run {
    world.plugin_with(
        &world.helm.binary(),
        &format!("inspect {source}"),
        variables,
    )
}

fn script(world: &World, name: &str, text: &str) -> std::path::PathBuf {
    world.write(name, text);
    let path = world.path(name);
    make_executable(&path);
    path
}

fn fingerprints(run: &Run) -> Vec<String> {
    let whole: Value = serde_json::from_str(&run.stdout).unwrap();
    let certificates = whole["certificates"].as_array().unwrap();
    certificates
        .iter()
        .map(|one| one["sha256"].as_str().unwrap().to_owned())
        .collect()
}

fn fingerprint(issued: &Issued) -> String {
    let digest = issued.x509.digest(openssl::hash::MessageDigest::sha256());
    let pairs: Vec<String> = digest
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_by_name() {
    let world = World::new(Helm::V4);
    let (port, proxy) = (hidden_server(), Proxy::open());
    let source = format!("https://api.acme.example:{port}");
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let url = format!("http://127.0.0.1:{}", proxy.port);
        let variables = [("HTTPS_PROXY", ""), ("NO_PROXY", ""), (variable, &url)];
        inspect_with(&world, &source, &variables)
            .exits(0)
            .says("api.acme.example");
    }
    let request = format!("CONNECT api.acme.example:{port} HTTP/1.1");
    assert_eq!(proxy.asked_for(), [request.clone(), request]);
}

#[test]
fn a_proxy_gets_the_credentials_of_its_url_and_nobody_else_does() {
    let world = World::new(Helm::V4);
    // `us@er:p:ss/word`
    let proxy = Proxy::for_user("dXNAZXI6cDpzcy93b3Jk");
    let source = format!("https://api.acme.example:{}", hidden_server());
    let asked = |user: &str| {
        let url = format!("http://{user}127.0.0.1:{}", proxy.port);
        inspect_with(&world, &source, &[("HTTPS_PROXY", &url), ("NO_PROXY", "")])
    };
    asked("us%40er:p%3Ass%2Fword@")
        .exits(0)
        .says("api.acme.example");
    for refused in ["us%40er:wrong-word@", ""] {
        asked(refused)
            .exits(1)
            .warns("refuses a tunnel")
            .warns("407 Proxy Authentication Required")
            .never_says("wrong-word");
    }
}

#[test]
fn a_proxy_that_refuses_or_cannot_be_reached_is_named() {
    let world = World::new(Helm::V4);
    let (port, proxy) = (hidden_server(), Proxy::refusing());
    let source = format!("https://api.acme.example:{port}");
    let asked =
        |url: &str| inspect_with(&world, &source, &[("HTTPS_PROXY", url), ("NO_PROXY", "")]);
    asked(&format!("http://127.0.0.1:{}", proxy.port))
        .exits(1)
        .warns(&format!(
            "the proxy of HTTPS_PROXY, 127.0.0.1:{}",
            proxy.port
        ))
        .warns("403 Forbidden");
    asked("http://us:hunter2@127.0.0.1:1")
        .exits(1)
        .warns("the proxy of HTTPS_PROXY, 127.0.0.1:1, cannot be reached")
        .never_says("hunter2");
    asked("socks5://us:hunter2@127.0.0.1:1")
        .exits(1)
        .warns("socks5")
        .never_says("hunter2");
}

#[test]
fn no_proxy_is_heeded() {
    let world = World::new(Helm::V4);
    let proxy = Proxy::refusing();
    let root = authority("Acme Root").self_signed();
    let port = serve(&[&server("localhost").issued_by(&root)]);
    let url = format!("http://127.0.0.1:{}", proxy.port);
    for (host, no_proxy) in [
        ("localhost", "acme.example,localhost"),
        ("localhost", "*"),
        ("127.0.0.1", "10.0.0.0/8,127.0.0.0/8"),
        ("127.0.0.1", &format!("127.0.0.1:{port}")),
    ] {
        let variables = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", no_proxy)];
        inspect_with(&world, &format!("https://{host}:{port}"), &variables)
            .exits(0)
            .says("localhost");
    }
    assert_eq!(proxy.asked_for(), Vec::<String>::new());
    let variables = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", "host")];
    inspect_with(&world, &format!("https://localhost:{port}"), &variables).exits(1);
    assert_eq!(proxy.asked_for().len(), 1);
}

both_majors! {
    fn a_server_is_trusted_by_the_fingerprint_of_any_certificate_it_presents(world) {
        let root = authority("Acme Root").self_signed();
        let issuing = authority("Acme Issuing").issued_by(&root);
        let leaf = server("localhost").issued_by(&issuing);
        let port = serve(&[&leaf, &issuing, &root]);
        let gateway = chart("clearml-enterprise-app-gateway-3.2.0");
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let install = |print: &str| world.plugin(&format!(
            "install gateway --ca https://localhost:{port} --fingerprint {print} --release gw --chart {gateway} --dry-run --skip-probe"
        ));
        // What is above the agreed certificate comes along, the server's own does not.
        install(&fingerprint(&leaf))
            .exits(0)
            .says("Acme Issuing")
            .says("Acme Root")
            .never_says(" localhost ");
        let bare = fingerprint(&root).replace(':', "").to_lowercase();
        install(&bare).exits(0).says("Acme Root").never_says("Acme Issuing");
        install(&bare.replace('a', "b").replace('0', "1")).exits(3).warns("it presents:");
        install("abc").exits(64).warns("64 hex digits");
    }

    fn secrets_and_config_maps_are_read_through_kubectl(world) {
        let root = authority("Acme Root").self_signed();
        let other = authority("Other Root").self_signed();
        let secret = json!({"data": {
            "ca.crt": STANDARD.encode(root.pem()),
            "tls.key": STANDARD.encode(root.key_pem()),
        }});
        let config_map = json!({
            "data": {"one.pem": root.pem(), "README": "hello"},
            "binaryData": {"two.der": STANDARD.encode(other.x509.to_der().unwrap())},
        });
        world.write("secret.json", &secret.to_string());
        world.write("configmap.json", &config_map.to_string());
        let kubectl = script(&world, "kubectl", "#!/bin/sh\n\
            echo \"$*\" >>kubectl.log\n\
            [ \"$3\" = ca ] && exec cat \"$2.json\"\n\
            echo 'Error from server (NotFound): not found' >&2\n\
            exit 1\n");
        world.has_on_path("kubectl", &kubectl).has_programs(&["cat"]);
        let inspect = |words: &str| world.plugin(&format!("inspect {words}"));

        let run = inspect("secret:team/ca/ca.crt -o json");
        assert_eq!(fingerprints(run.exits(0)), [fingerprint(&root)]);
        // Of a whole object, what is no certificate by its name is left aside and named.
        let run = inspect("secret:ca -n team-b -o json");
        assert_eq!(fingerprints(run.exits(0)), [fingerprint(&root)]);
        inspect("secret:ca").exits(0).never_says("tls.key").never_says("PRIVATE");
        let run = inspect("configmap:team/ca -o json --kube-context none");
        assert_eq!(fingerprints(run.exits(0)), [fingerprint(&root), fingerprint(&other)]);
        inspect("configmap:team/ca").exits(0).warns("README was skipped").says("configmap team/ca two.der");
        inspect("secret:team/ca/missing").exits(3).warns("has no key missing; it has: ca.crt, tls.key");
        inspect("secret:team/ca/tls.key").exits(3).warns("a private key").never_says("PRIVATE KEY--");
        inspect("secret:team/gone").exits(1).warns("NotFound").warns("command: kubectl get secret gone -n team -o json --context none");
        let log = world.read("kubectl.log");
        let calls: Vec<&str> = log.lines().collect();
        assert_eq!(calls[0], "get secret ca -n team -o json --request-timeout=10s --context none");
        assert_eq!(calls[1], "get secret ca -n team-b -o json --request-timeout=10s --context none");
        assert_eq!(calls[3], "get configmap ca -n team -o json --request-timeout=10s --context none");
        for call in calls {
            assert!(call.starts_with("get "), "{call}");
        }
    }

    fn what_is_no_certificate_is_refused_by_name_and_reason(world) {
        let root = authority("Acme Root").self_signed();
        let key = &root.key;
        let pem = root.pem();
        let der = root.x509.to_der().unwrap();
        let store = Pkcs12::builder().pkey(key).cert(&root.x509).build2("hunter2").unwrap();
        let mut request = X509Req::builder().unwrap();
        request.set_pubkey(key).unwrap();
        request.sign(key, openssl::hash::MessageDigest::sha256()).unwrap();
        let request = request.build().to_pem().unwrap();
        let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"x").unwrap();
        let end = "-----END CERTIFICATE-----\n";
        let second_line = pem.lines().nth(2).unwrap();
        let text = |text: &str| text.as_bytes().to_vec();
        for (name, content, why) in [
            ("key.pem", text(&root.key_pem()), "key.pem:1: a private key"),
            ("dashes.pem", text(&pem.replace("-----END", "----END")), "has more or less than five dashes"),
            ("second.pem", text(&(pem.clone() + &root.key_pem())), "a private key"),
            ("key.der", key.private_key_to_der().unwrap(), "a private key"),
            ("encrypted.pem", encrypted, "a private key"),
            ("store.p12", store.to_der().unwrap(), "openssl pkcs12 -in FILE -nokeys -cacerts -out ca.pem"),
            ("store.jks", vec![0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2], "keytool -exportcert -rfc"),
            ("request.pem", request, "a certificate request"),
            ("public.pem", key.public_key_to_pem().unwrap(), "a public key"),
            ("noend.pem", text(&pem.replace(end, "")), "this BEGIN has no END"),
            ("noend-in-the-middle.pem", text(&(pem.replace(end, "") + &pem)), "this BEGIN has no END"),
            ("nobegin.pem", text(end), "an END without its BEGIN"),
            ("glued.pem", text(&pem.repeat(2).replace("-----\n-----", "----------")), "shares its line"),
            ("broken.pem", text(&pem.replace(second_line, &second_line.replace(['A', 'a'], "?"))), "not base64"),
            ("short.pem", text(&pem.replace(&format!("{second_line}\n"), "")), "not an X.509 certificate"),
            ("trailing.der", [der.as_slice(), b"x"].concat(), "bytes follow the certificate"),
            ("json.pem", text(&pem.replace('\n', "\\n")), "line breaks written as \\n"),
            ("indented.pem", text(&pem.replace('\n', "\n    ")), "an indented PEM block, as copied out of YAML"),
            ("empty.pem", Vec::new(), "no certificate found"),
            ("notes.pem", text("the CA is with Bob\n"), "no certificate found"),
            ("noise.pem", vec![0xFF, 0, 1, 2], "binary data"),
        ] {
            fs::write(world.path(name), content).unwrap();
            world.plugin(&format!("inspect {name}"))
                .exits(3)
                .warns(&format!("{name}:"))
                .warns(why)
                .never_says(root.key_pem().lines().nth(1).unwrap());
        }
        world.plugin("inspect missing.pem").exits(1).warns("missing.pem");
        world.plugin("inspect").exits(64);
        // What the message says about an indented block is what helps.
        fs::write(world.path("indented.pem"), format!("  {}", pem.replace('\n', "\n  "))).unwrap();
        let run = world.plugin("inspect indented.pem");
        let (_, offered) = run.stderr.split_once(": sed ").unwrap();
        let command = format!("sed {}", offered.lines().next().unwrap().replace("FILE", "indented.pem"));
        let done = std::process::Command::new("sh").args(["-c", &command]).current_dir(world.path("")).status().unwrap();
        assert!(done.success(), "{command}");
        world.plugin("inspect ca.pem").exits(0).says("Acme Root");
    }

    fn every_form_of_a_certificate_is_the_same_certificate(world) {
        let root = authority("Acme Root").self_signed();
        let (pem, der) = (root.pem(), root.x509.to_der().unwrap());
        // OpenSSL's trust settings (X509_CERT_AUX): for servers.
        let settings = [0x30, 0x0C, 0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
        let body = STANDARD.encode([der.as_slice(), &settings].concat());
        let trusted = format!("-----BEGIN TRUSTED CERTIFICATE-----\n{body}\n-----END TRUSTED CERTIFICATE-----\n");
        let utf16: Vec<u8> = "\u{feff}".chars().chain(pem.chars()).flat_map(|c| {
            let mut units = [0; 2];
            c.encode_utf16(&mut units)[0].to_le_bytes()
        }).collect();
        let body = STANDARD.encode(&der);
        for (name, content) in [
            ("plain.pem", pem.clone().into_bytes()),
            ("windows.pem", format!("\u{feff}{}", pem.replace('\n', "\r\n")).into_bytes()),
            ("mac.pem", pem.replace('\n', "\r").into_bytes()),
            ("bags.pem", format!("Bag Attributes\n    friendlyName: acme\n{pem}").into_bytes()),
            ("one-line.pem", format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----").into_bytes()),
            ("bare.pem", body.into_bytes()),
            ("trusted.pem", trusted.into_bytes()),
            ("powershell.pem", utf16),
            ("root.cer", der),
        ] {
            fs::write(world.path(name), content).unwrap();
            let run = world.plugin(&format!("inspect {name} -o json"));
            assert_eq!(fingerprints(run.exits(0)), [fingerprint(&root)], "{name}");
        }
    }

    fn a_manifest_in_a_file_is_read_as_its_object_would_be(world) {
        let encode = |text: &str| STANDARD.encode(text);
        let (one, two) = (authority("One").self_signed().pem(), authority("Two").self_signed().pem());
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let secret = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: corp}}\ndata:\n  ca.crt: {}\n  tls.key: {}\n  empty.crt: ''\n",
            encode(&one),
            encode(key)
        );
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: trust}}\ndata:\n  bundle: |\n    {}\n",
            two.trim_end().replace('\n', "\n    ")
        );
        world.write("secret.yaml", &secret);
        world
            .plugin("inspect secret.yaml")
            .exits(0)
            .says("One")
            .says("secret.yaml (Secret corp) ca.crt:1")
            .warns("note[certificate-key-empty]")
            .never_says("tls.key")
            .never_says("c2VjcmV0");
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
        world.write("all.yaml", &format!("{deployment}---\n{secret}---\n{map}"));
        world.plugin("inspect all.yaml").exits(0).says("One").says("Two");
        let items = [&secret, &map].map(|text| serde_yaml::from_str::<Value>(text).unwrap());
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        world.write("list.json", &list.to_string());
        world.plugin("inspect list.json").exits(0).says("One").says("(ConfigMap trust) bundle:1");
        world.write("broken.yaml", &format!("{map}---\n{secret}  - broken\n"));
        world.plugin("inspect broken.yaml").exits(3).warns("broken.yaml:").warns("this document is not plain YAML, so certificates of it would be left out").never_says("c2VjcmV0");
        world.write("none.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {token: aGVsbG8=}\n");
        world
            .plugin("inspect none.yaml")
            .exits(3)
            .warns("none.yaml (Secret s) holds no certificate; its keys: token")
            .never_says("aGVsbG8");
        world.write("odd.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {ca.crt: '%%%'}\n");
        world.plugin("inspect odd.yaml").exits(1).warns("odd.yaml (Secret s) ca.crt is not base64");
    }
}

/// Noise, things nested in each other a million deep or a billion wide, and a device without an end.
#[test]
fn no_certificate_is_passed_over_in_silence() {
    let world = World::new(Helm::V4);
    let (root, other) = (
        authority("Acme Root").self_signed(),
        authority("Other Root").self_signed(),
    );
    let (pem, second) = (root.pem(), other.pem());
    for (name, near) in [
        ("four.pem", second.replace("-----", "----")),
        ("six.pem", second.replace("-----", "------")),
        (
            "dashes.pem",
            second.replace("-----", "\u{2013}\u{2013}\u{2013}"),
        ),
        (
            "blanks.pem",
            second.replace(
                "-----BEGIN CERTIFICATE-----",
                "----- BEGIN CERTIFICATE -----",
            ),
        ),
        (
            "small.pem",
            second.replace("BEGIN CERTIFICATE", "Begin Certificate"),
        ),
        ("bare.pem", second.replace("-----", "")),
    ] {
        world.write(name, &format!("{pem}{near}"));
        let line = pem.lines().count() + 1;
        world
            .plugin(&format!("inspect {name}"))
            .exits(3)
            .warns(&format!(
                "{name}:{line}: this looks like the beginning or the end of a certificate"
            ));
    }
    let commented: String = second
        .lines()
        .fold(String::new(), |text, line| text + "# " + line + "\n");
    world.write("commented.pem", &format!("{commented}{pem}"));
    world
        .plugin("inspect commented.pem")
        .exits(0)
        .says("Acme Root")
        .never_says("Other Root")
        .warns(
            "note[certificate-commented-out]: commented.pem:1: a certificate that is commented out",
        );
    let about = "# what stands between -----BEGIN CERTIFICATE----- and the end is ours\n";
    world.write("about.pem", &format!("{about}{pem}"));
    world.plugin("inspect about.pem").exits(0).says("Acme Root");
}

#[test]
fn what_an_object_or_a_folder_holds_is_seen_by_its_content() {
    let world = World::new(Helm::V4);
    let root = authority("Acme Root").self_signed();
    let secret = json!({"data": {
        "ca.crt": "",
        "root-cert": STANDARD.encode(root.pem()),
        "twice": STANDARD.encode(STANDARD.encode(root.pem())),
        "tls.key": STANDARD.encode(root.key_pem()),
    }});
    world.write("secret.json", &secret.to_string());
    let answer = "#!/bin/sh\necho \"$*\" >>kubectl.log\nexec cat secret.json\n";
    let kubectl = script(&world, "kubectl", answer);
    world
        .has_on_path("kubectl", &kubectl)
        .has_programs(&["cat"]);
    world
        .plugin("inspect secret:ns/web-tls")
        .exits(0)
        .says("secret ns/web-tls root-cert")
        .warns("note[certificate-key-empty]: secret ns/web-tls ca.crt is empty")
        .never_says("tls.key")
        .never_says("PRIVATE");
    // Base64 once more is unambiguous.
    world
        .plugin("inspect secret:ns/web-tls/twice")
        .exits(0)
        .says("Acme Root");
    for source in [
        "configmap:ns/kube-root-ca.crt",
        "configmap:ns/kube-root-ca.crt/root-cert",
    ] {
        world.plugin(&format!("inspect {source}"));
    }
    let log = world.read("kubectl.log");
    let asked = log
        .lines()
        .filter(|line| line.starts_with("get configmap kube-root-ca.crt -n ns "));
    assert_eq!(asked.count(), 2, "{log}");
    // As Kubernetes mounts it.
    fs::create_dir_all(world.path("m/..2026_11_28")).unwrap();
    world
        .write("m/..2026_11_28/corp.crt", &root.pem())
        .write("m/ca-bundle", &root.pem());
    link("..2026_11_28", world.path("m/..data"));
    link("..data/corp.crt", world.path("m/corp.crt"));
    world
        .plugin("inspect m")
        .exits(0)
        .warns("m/corp.crt:1 is the same certificate as m/ca-bundle:1")
        .never_says("..2026");
    // What may never end is not read, whatever it is called.
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo")
            .arg(world.path("m/pipe.pem"))
            .status();
        assert!(made.unwrap().success());
        world.plugin("inspect m").exits(0).warns("pipe.pem");
    }
    fs::write(world.path("encoded.b64"), STANDARD.encode(root.pem())).unwrap();
    world
        .plugin("inspect encoded.b64")
        .exits(0)
        .says("Acme Root");
}

#[test]
fn what_is_meant_to_exhaust_is_refused_in_little_memory() {
    let world = World::new(Helm::V4);
    let noise: Vec<u8> = (0..2_000_000u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(laughs, "a{level}: &a{level} [{below}]").unwrap();
    }
    for (name, content, why) in [
        ("noise.pem", noise, "binary data"),
        (
            "begins.pem",
            b"-----BEGIN CERTIFICATE-----\n".repeat(80_000),
            "this BEGIN has no END",
        ),
        (
            "deep.der",
            b"\x30\x80".repeat(1_000_000),
            "not an X.509 certificate",
        ),
        (
            "laughs.yaml",
            laughs.into_bytes(),
            "more than 50,000 values",
        ),
        (
            "deep.yaml",
            [b"a: ".to_vec(), b"[".repeat(100_000)].concat(),
            "nested more than 100 levels deep",
        ),
    ] {
        fs::write(world.path(name), content).unwrap();
        inspect_in_little_memory(&world, name)
            .exits(3)
            .warns(name)
            .warns(why);
    }
    inspect_in_little_memory(&world, "/dev/zero")
        .exits(3)
        .warns("larger than 64 MiB");
}

/// With a gigabyte of address space, of which the program alone takes a good part.
fn inspect_in_little_memory(world: &World, source: &str) -> Run {
    let line = format!(
        "ulimit -v 1000000; exec '{}' inspect {source}",
        env!("CARGO_BIN_EXE_helm-clearml-certs")
    );
    world
        .start(
            &program("sh"),
            ["-c", &line],
            &[("HELM_NAMESPACE", "team-a")],
        )
        .ends()
}

#[test]
fn the_machines_bundle_is_the_one_that_the_variable_of_openssl_names() {
    let world = World::new(Helm::V4);
    let root = authority("Acme Root").self_signed();
    world.write("bundle.pem", &root.pem());
    inspect_with(&world, "system", &[("SSL_CERT_FILE", "bundle.pem")])
        .exits(0)
        .says("Acme Root");
    inspect_with(&world, "system", &[("SSL_CERT_FILE", "gone.pem")])
        .exits(64)
        .warns("SSL_CERT_FILE names gone.pem, which is no file");
}

/// A helm that writes down the context of every call; while it lists releases, a colleague switches the kubeconfig's.
const NOTES_CONTEXTS: &str = r#"#!/bin/sh
echo "$1 $HELM_KUBECONTEXT" >>contexts
case "$1" in
version) echo v3.17.2 ;;
list)
    echo 'current-context: red' >"$KUBECONFIG"
    echo '[]'
    ;;
*)
    for word do
        shift
        case $word in --validate | --dry-run=server | --disable-openapi-validation) ;; *) set -- "$@" "$word" ;; esac
    done
    [ "$1" != template ] || set -- "$@" --kube-version 1.32.0
    exec HELM "$@"
    ;;
esac
"#;

#[test]
fn a_context_that_is_switched_meanwhile_changes_nothing() {
    let world = World::new(Helm::V3);
    let root = authority("Acme Root").self_signed();
    world.write("ca.pem", &root.pem());
    world.write("kubeconfig", "current-context: blue\n");
    let real = shell_words::quote(&world.helm.binary().display().to_string()).into_owned();
    let helm = script(
        &world,
        "helm.sh",
        &NOTES_CONTEXTS.replace("HELM \"", &format!("{real} \"")),
    );
    let kubeconfig = world.path("kubeconfig").display().to_string();
    let line = format!(
        "install agent --ca ca.pem --chart {} --skip-probe --dry-run",
        chart("clearml-enterprise-agent-6.9.3")
    );
    world
        .plugin_with(&helm, &line, &[("KUBECONFIG", &kubeconfig)])
        .exits(0);
    let calls = world.read("contexts");
    assert!(calls.lines().count() > 2, "{calls}");
    assert!(world.read("kubeconfig").contains("red"));
    for call in calls.lines() {
        assert!(call.ends_with(" blue"), "{calls}");
    }
}

#[test]
fn a_releases_values_are_a_source() {
    let world = World::new(Helm::V4);
    world.has_programs(&["cat"]);
    let root = authority("Acme Root").self_signed();
    let status = json!({
        "version": 3,
        "info": {"status": "deployed"},
        "config": {
            "clearml": {"apiSecret": "hunter2"},
            // Others use PEM as well, and speak of it.
            "jwt": {"verifier": "-----BEGIN PUBLIC KEY-----\nMFkwEwYH\n-----END PUBLIC KEY-----\n"},
            "notes": "paste what begins with -----BEGIN CERTIFICATE----- below",
            "customCertificates": {"extraCerts": [{"alias": "acme", "pem": root.pem()}]},
        },
        "manifest": "",
    });
    world.write("status.json", &status.to_string());
    let helm = script(
        &world,
        "scripted-helm",
        "#!/bin/sh\n\
         echo \"$*\" >>helm.log\n\
         [ \"$2\" = clearml-agent ] && exec cat status.json\n\
         echo 'Error: release: not found' >&2\n\
         exit 1\n",
    );
    let inspect = |words: &str| world.plugin_with(&helm, &format!("inspect {words}"), &[]);
    inspect("release:clearml-agent")
        .exits(0)
        .says("Acme Root")
        .says("release team-a/clearml-agent (customCertificates.extraCerts[0].pem)")
        .never_says("hunter2");
    inspect("release:other/clearml-agent").exits(0);
    inspect("release:gone")
        .exits(1)
        .warns("there is no release gone in namespace team-a");
    let log = world.read("helm.log");
    assert!(
        log.contains("status clearml-agent -n team-a -o json"),
        "{log}"
    );
    assert!(
        log.contains("status clearml-agent -n other -o json"),
        "{log}"
    );
}
