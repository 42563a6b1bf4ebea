use super::*;
use crate::vendor::Component;

fn keys() -> &'static TaskPodKeys {
    Component::Agent.documented().task_pods.as_ref().unwrap()
}

fn wanted<'a>(shape: Shape<'a>, ours: &'a [String]) -> Wanted<'a> {
    Wanted {
        shape,
        ours,
        image: Some("agent:1"),
        image_chosen: false,
        variables: Variables::All,
        distros: None,
        sources_volume: keys().sources_volume,
        queues: Queues::All,
        adds: false,
        values: &Value::Null,
    }
}

#[test]
fn the_init_container_may_do_what_the_tasks_container_may() {
    let text = "agentk8sglue:\n  basePodTemplate:\n    resources: {limits: {cpu: 2, nvidia.com/gpu: 1}}\n    containerSecurityContext: {allowPrivilegeEscalation: false}\n";
    let values: Value = serde_yaml::from_str(text).unwrap();
    let sources = [whole("a-custom-ca-0")];
    let wanted = Wanted {
        values: &values,
        ..wanted(Shape::Appended(&sources), &[])
    };
    let mut document = Document::parse(text).unwrap();
    super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    let container = value(document.text())["initContainers"][0].clone();
    let expected: Value = serde_yaml::from_str(
        "{resources: {limits: {cpu: 2}}, securityContext: {allowPrivilegeEscalation: false}}",
    )
    .unwrap();
    for key in ["resources", "securityContext"] {
        assert_eq!(container[key], expected[key], "{container:?}");
    }
    // One of a former run learns it; what somebody wrote there stays.
    let written = document.text().to_owned();
    let without = written.replace(
        "          resources:\n            limits:\n              cpu: 2\n",
        "",
    );
    for before in [&without, &written.replace("cpu: 2\n", "cpu: 3\n")] {
        let mut document = Document::parse(before).unwrap();
        super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
        let cpu = &value(document.text())["initContainers"][0]["resources"]["limits"]["cpu"];
        assert!(
            cpu == &Value::from(2) || before.contains("cpu: 3"),
            "{before}"
        );
    }
}

fn whole(name: &str) -> ProjectedSource {
    ProjectedSource {
        config_map: name.to_owned(),
        item: None,
    }
}

fn edit(text: &str, sources: &[ProjectedSource]) -> (String, Vec<&'static str>) {
    let mut document = Document::parse(text).unwrap();
    let ours = ["gone-7f3a".to_owned()];
    let wanted = wanted(Shape::Appended(sources), &ours);
    let findings = super::template(&mut document, "f.yaml", keys(), &wanted);
    let codes = findings
        .unwrap()
        .into_iter()
        .map(|finding| finding.code)
        .collect();
    (document.into_text(), codes)
}

fn value(text: &str) -> Value {
    let value: Value = serde_yaml::from_str(text).unwrap();
    value["agentk8sglue"]["basePodTemplate"].clone()
}

#[test]
fn the_documented_template_comes_out_and_a_second_edit_changes_nothing() {
    let (text, codes) = edit("", &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]);
    assert!(codes.is_empty());
    let template = value(&text);
    assert_eq!(template["initContainers"][0]["image"], "agent:1");
    assert_eq!(
        template["initContainers"][0]["volumeMounts"]
            .as_sequence()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(template["env"][0]["name"], "REQUESTS_CA_BUNDLE");
    assert_eq!(
        template["volumes"][1]["projected"]["sources"][1]["configMap"]["name"],
        "a-custom-ca-1"
    );
    assert_eq!(
        edit(&text, &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]).0,
        text
    );
}

#[test]
fn a_grown_or_shrunk_set_changes_its_sources_alone() {
    let one = edit("# mine\n", &[whole("a-custom-ca-0")]).0;
    let two = edit(&one, &[whole("a-custom-ca-0"), whole("a-custom-ca-1")]).0;
    assert_eq!(two.lines().count(), one.lines().count() + 2);
    assert_eq!(edit(&two, &[whole("a-custom-ca-0")]).0, one);
}

#[test]
fn a_config_map_that_the_chart_no_longer_renders_is_no_longer_named() {
    let before = edit("", &[whole("gone-7f3a")]).0;
    let (after, _) = edit(&before, &[whole("new-91cc")]);
    assert_eq!(after, before.replace("gone-7f3a", "new-91cc"));
}

#[test]
fn what_the_user_has_there_stays() {
    let users = "agentk8sglue:\n  basePodTemplate:\n    nodeSelector: {gpu: 'yes'}\n    env:\n    - name: MINE # keep\n      value: x\n    volumes:\n    - name: clearml-extra-ca-certs\n      projected:\n        sources:\n        - secret:\n            name: own\n";
    let (text, codes) = edit(users, &[whole("a-custom-ca-0")]);
    assert!(codes.is_empty());
    let mut lines = text.lines();
    assert!(
        users.lines().all(|old| lines.any(|new| new == old)),
        "{text}"
    );
    let sources = value(&text)["volumes"][0]["projected"]["sources"].clone();
    assert_eq!(sources[0]["secret"]["name"], "own");
    assert_eq!(sources[1]["configMap"]["name"], "a-custom-ca-0");
}

#[test]
fn an_entry_of_our_name_and_other_content_is_a_conflict() {
    for (list, code) in [
        (
            "initContainers:\n    - {name: init-task, command: [sleep]}",
            "init-container-conflict",
        ),
        (
            "env:\n    - {name: REQUESTS_CA_BUNDLE, value: /mine}",
            "variable-conflict",
        ),
        (
            "volumeMounts:\n    - {name: other, mountPath: /etc/ssl/certs/}",
            "mount-conflict",
        ),
        (
            "volumes:\n    - {name: etc-ssl-certs, hostPath: {path: /x}}",
            "volume-conflict",
        ),
        (
            "volumes:\n    - {name: clearml-extra-ca-certs, emptyDir: {}}",
            "volume-conflict",
        ),
    ] {
        let users = format!("agentk8sglue:\n  basePodTemplate:\n    {list}\n");
        assert_eq!(edit(&users, &[whole("a-custom-ca-0")]).1, [code], "{users}");
    }
}

#[test]
fn what_was_brought_in_can_be_taken_out_to_the_byte() {
    for users in [
        "# ours\nother: 1\n",
        "agentk8sglue:\n  # replicas\n  replicaCount: 1\n",
        "agentk8sglue:\n  basePodTemplate:\n    env:\n    - name: MINE\n      value: x\n    volumes:\n    - {name: data, emptyDir: {}}\n",
    ] {
        let (with, _) = edit(users, &[whole("a-custom-ca-0")]);
        assert_ne!(with, users);
        let mut document = Document::parse(&with).unwrap();
        clear(&mut document, keys(), &["a-custom-ca-0".to_owned()]).unwrap();
        assert_eq!(document.text(), users);
    }
}

#[test]
fn a_users_source_in_our_volume_keeps_everything_that_serves_it() {
    let (with, _) = edit("", &[whole("a-custom-ca-0"), whole("users-own")]);
    let mut document = Document::parse(&with).unwrap();
    clear(&mut document, keys(), &["a-custom-ca-0".to_owned()]).unwrap();
    let template = value(document.text());
    assert_eq!(template["initContainers"][0]["name"], "init-task");
    let sources = template["volumes"][1]["projected"]["sources"]
        .as_sequence()
        .unwrap();
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0]["configMap"]["name"], "users-own");
    // Without them no Python would read the bundle that is still made.
    assert_eq!(template["env"], value(&with)["env"]);
}

#[test]
fn variables_stay_where_the_recipe_never_was() {
    let users = "agentk8sglue:
  queues:
    gpu:
      templateOverrides:
        env:
        - {name: SSL_CERT_FILE, value: /etc/ssl/certs/ca-certificates.crt}
  basePodTemplate:
    env:
    # our images have the corporate CA baked in
    - name: REQUESTS_CA_BUNDLE
      value: /etc/ssl/certs/ca-certificates.crt
    - name: HTTP_PROXY
      value: http://proxy
";
    let mut document = Document::parse(users).unwrap();
    clear(&mut document, keys(), &["a-custom-ca-0".to_owned()]).unwrap();
    assert_eq!(document.text(), users);
}

/// What looks like ours and is the user's stays to the byte, and with it what serves it.
#[test]
fn what_only_looks_like_ours_is_not_taken_out() {
    let (ours, _) = edit("", &[whole("gone-7f3a")]);
    for (what, old, new) in [
        (
            "a command of his own",
            "- update-ca-certificates",
            "- update-ca-certificates && touch /etc/ssl/certs/mine",
        ),
        (
            "a mount of his own in the init container",
            "        volumeMounts:\n",
            "        volumeMounts:\n          - name: scratch\n            mountPath: /scratch\n",
        ),
        (
            "a variable that points elsewhere",
            "        value: /etc/ssl/certs/ca-certificates.crt\n",
            "        value: /mine.crt\n",
        ),
    ] {
        assert!(ours.contains(old), "{what}: {old}\n{ours}");
        let users = ours.replacen(old, new, 1);
        let mut document = Document::parse(&users).unwrap();
        clear(&mut document, keys(), &["gone-7f3a".to_owned()]).unwrap();
        assert!(document.text().contains(new), "{what}\n{}", document.text());
    }
}

#[test]
fn volumes_that_another_init_container_mounts_stay() {
    let (ours, _) = edit("", &[whole("gone-7f3a")]);
    let second = "    initContainers:\n      - name: mine\n        command: [keytool]\n        volumeMounts:\n          - {name: etc-ssl-certs, mountPath: /etc/ssl/certs}\n";
    let users = ours.replace("    initContainers:\n", second);
    let mut document = Document::parse(&users).unwrap();
    clear(&mut document, keys(), &["gone-7f3a".to_owned()]).unwrap();
    let left = value(document.text());
    assert_eq!(names(&left["initContainers"]), ["mine"]);
    assert!(
        names(&left["volumes"]).contains(&"etc-ssl-certs"),
        "{left:?}"
    );
}

#[test]
fn a_mount_of_the_users_below_our_folder_stays() {
    let users = "agentk8sglue:\n  basePodTemplate:\n    volumeMounts:\n      - name: mine\n        mountPath: /usr/local/share/ca-certificates\n      - name: etc-ssl-certs\n        mountPath: /elsewhere\n    volumes:\n      - name: mine\n        hostPath: {path: /mine}\n";
    let mut document = Document::parse(users).unwrap();
    clear(&mut document, keys(), &[]).unwrap();
    assert_eq!(document.text(), users);
}

#[test]
fn what_the_user_says_of_propagation_stays() {
    for said in ["false", "{{ later }}", "null"] {
        let users = format!("customCertificates:\n  propagateToTasks: \"{said}\"\n")
            .replace("\"false\"", "false")
            .replace("\"null\"", "null");
        let mut document = Document::parse(&users).unwrap();
        stop_propagating(&mut document, &["customCertificates"]).unwrap();
        assert_eq!(document.text(), users);
    }
}

#[test]
fn a_replaced_bundle_needs_no_init_container_and_switching_leaves_no_trace() {
    let (appended, _) = edit("# ours\n", &[whole("a-custom-ca-0")]);
    let mut document = Document::parse(&appended).unwrap();
    let ours = ["a-custom-ca-0".to_owned()];
    let replaced = Wanted {
        image: None,
        variables: Variables::Documented,
        ..wanted(Shape::Replaced("a-ca-bundle", "ca-certificates.crt"), &ours)
    };
    let findings = super::template(&mut document, "f.yaml", keys(), &replaced).unwrap();
    assert!(findings.is_empty());
    let template = value(document.text());
    assert!(template.get("initContainers").is_none());
    assert_eq!(
        template["volumeMounts"][0]["subPath"],
        "ca-certificates.crt"
    );
    assert_eq!(template["volumes"][0]["configMap"]["name"], "a-ca-bundle");
    let (again, _) = edit(document.text(), &[whole("a-custom-ca-0")]);
    assert_eq!(
        value(&again)["initContainers"],
        value(&appended)["initContainers"]
    );
    assert_eq!(value(&again)["volumes"], value(&appended)["volumes"]);
}

#[test]
fn a_further_variable_of_the_users_is_kept_and_said() {
    let users =
        "agentk8sglue:\n  basePodTemplate:\n    env:\n    - {name: AWS_CA_BUNDLE, value: /mine}\n";
    let (text, codes) = edit(users, &[whole("a-custom-ca-0")]);
    assert_eq!(codes, ["variable-kept"]);
    assert!(text.contains("{name: AWS_CA_BUNDLE, value: /mine}"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_no_other_bundle() {
    let users =
        "agentk8sglue:\n  basePodTemplate:\n    env:\n    - {name: CURL_CA_BUNDLE, value: ''}\n";
    let mut document = Document::parse(users).unwrap();
    let sources = [whole("a-custom-ca-0")];
    let wanted = wanted(Shape::Appended(&sources), &[]);
    let findings = super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    assert!(
        findings[0]
            .message
            .contains("sets CURL_CA_BUNDLE to nothing"),
        "{findings:?}"
    );
}

const QUEUES: &str = "\
agentk8sglue:
  queues:
    default: {}
    # the big ones
    gpu:
      templateOverrides:
        nodeSelector: {gpu: 'yes'}
        env:
          - name: NCCL_DEBUG # keep
            value: INFO
        volumes:
          - {name: shm, emptyDir: {medium: Memory}}
        volumeMounts:
          - {name: shm, mountPath: /dev/shm}
";

fn queue(text: &str) -> Value {
    let value: Value = serde_yaml::from_str(text).unwrap();
    value["agentk8sglue"]["queues"]["gpu"]["templateOverrides"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_sequence().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(recipe::name_of).collect()
}

#[test]
fn a_queue_that_replaces_lists_gets_the_entries_in_its_own() {
    let (text, codes) = edit(QUEUES, &[whole("a-custom-ca-0")]);
    assert!(codes.is_empty());
    let queue = queue(&text);
    assert_eq!(
        names(&queue["env"])[..2],
        ["NCCL_DEBUG", "REQUESTS_CA_BUNDLE"]
    );
    assert_eq!(
        names(&queue["volumes"]),
        ["shm", "etc-ssl-certs", "clearml-extra-ca-certs"]
    );
    assert_eq!(
        names(&queue["volumeMounts"]),
        ["shm", "etc-ssl-certs", "clearml-extra-ca-certs"]
    );
    // It takes the init containers of the base template.
    assert!(queue.get("initContainers").is_none());
    assert!(QUEUES.lines().all(|line| text.contains(line)), "{text}");
    assert_eq!(edit(&text, &[whole("a-custom-ca-0")]).0, text);
}

#[test]
fn what_a_queue_was_given_can_be_taken_out_to_the_byte() {
    let ours = ["a-custom-ca-0".to_owned()];
    for adds in [false, true] {
        let sources = [whole("a-custom-ca-0")];
        let mut document = Document::parse(QUEUES).unwrap();
        let appended = Wanted {
            adds,
            ..wanted(Shape::Appended(&sources), &ours)
        };
        super::template(&mut document, "f.yaml", keys(), &appended).unwrap();
        // And from one shape to the other.
        let replaced = wanted(Shape::Replaced("a-ca-bundle", "ca-certificates.crt"), &ours);
        super::template(&mut document, "f.yaml", keys(), &replaced).unwrap();
        let volumes = queue(document.text())["volumes"].clone();
        assert_eq!(names(&volumes), ["shm", "clearml-ca-bundle"]);
        clear(&mut document, keys(), &ours).unwrap();
        assert_eq!(document.text(), QUEUES, "adds: {adds}");
    }
}

#[test]
fn volumes_that_a_chart_adds_leave_the_queues_own_lists_alone() {
    let sources = [whole("a-custom-ca-0")];
    let wanted = Wanted {
        adds: true,
        ..wanted(Shape::Appended(&sources), &[])
    };
    let mut document = Document::parse(QUEUES).unwrap();
    for _ in 0..2 {
        super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
        let queue = queue(document.text());
        assert_eq!(names(&queue["volumes"]), ["shm"]);
        assert_eq!(
            names(&queue["extraVolumes"]),
            ["etc-ssl-certs", "clearml-extra-ca-certs"]
        );
        assert_eq!(
            names(&queue["extraVolumeMounts"]),
            ["etc-ssl-certs", "clearml-extra-ca-certs"]
        );
    }
}

#[test]
fn entries_that_a_queue_has_by_hand_are_not_written_a_second_time() {
    let (by_hand, _) = edit(QUEUES, &[whole("a-custom-ca-0")]);
    let sources = [whole("a-custom-ca-0")];
    let wanted = Wanted {
        adds: true,
        ..wanted(Shape::Appended(&sources), &[])
    };
    let mut document = Document::parse(&by_hand).unwrap();
    super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    assert_eq!(document.text(), by_hand);
}

#[test]
fn queues_are_left_alone_where_that_is_wanted() {
    let sources = [whole("a-custom-ca-0")];
    let wanted = Wanted {
        queues: Queues::Base,
        ..wanted(Shape::Appended(&sources), &[])
    };
    let mut document = Document::parse(QUEUES).unwrap();
    super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    assert_eq!(queue(document.text()), queue(QUEUES));
}

#[test]
fn what_is_in_the_way_in_a_queue_is_a_warning() {
    let users = "agentk8sglue:\n  queues:\n    gpu:\n      templateOverrides:\n        env: [{name: REQUESTS_CA_BUNDLE, value: /mine}]\n";
    let mut document = Document::parse(users).unwrap();
    let sources = [whole("a-custom-ca-0")];
    let wanted = wanted(Shape::Appended(&sources), &[]);
    let findings = super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    let codes: Vec<_> = findings.iter().map(|f| (f.severity, f.code)).collect();
    assert_eq!(
        codes,
        [(crate::finding::Severity::Warning, "variable-conflict")]
    );
    assert!(
        findings[0].message.starts_with("f.yaml:5: "),
        "{findings:?}"
    );
}

#[test]
fn a_queue_that_cannot_be_edited_safely_costs_itself_alone() {
    let users = "e: &e [{name: A, value: b}]\nagentk8sglue:\n  queues:\n    gpu:\n      templateOverrides:\n        env: *e\n";
    let (text, codes) = edit(users, &[whole("a-custom-ca-0")]);
    assert_eq!(codes, ["queue-replaces-lists"]);
    assert!(
        text.contains("        env: *e\n") && text.contains("init-task"),
        "{text}"
    );
}

#[test]
fn a_queue_that_cannot_be_edited_safely_costs_later_edits_no_note() {
    let users = "e: &e [{name: A, value: b}]\nagentk8sglue:\n  queues:\n    gpu:\n      templateOverrides:\n        env: *e\nlast: []\n";
    let mut document = Document::parse(users).unwrap();
    document.note_former_values();
    let sources = [whole("a-custom-ca-0")];
    let wanted = wanted(Shape::Appended(&sources), &[]);
    let findings = super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    document
        .set(Path::from(["last"]), &Value::from(vec!["a"]))
        .unwrap();
    let text = document.text();
    assert!(text.contains("last: # was []"), "{text}");
}

#[test]
fn what_a_queue_does_not_replace_any_more_is_not_added_to_either() {
    let sources = [whole("a-custom-ca-0")];
    let ours = ["a-custom-ca-0".to_owned()];
    let wanted = Wanted {
        adds: true,
        ..wanted(Shape::Appended(&sources), &ours)
    };
    let mut document = Document::parse(QUEUES).unwrap();
    super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    let queue_path = Path::from(["agentk8sglue", "queues", "gpu", "templateOverrides"]);
    for list in ["volumes", "volumeMounts"] {
        document.remove(queue_path.then(list)).unwrap();
    }
    let mut left = Document::parse(document.text()).unwrap();
    super::template(&mut document, "f.yaml", keys(), &wanted).unwrap();
    assert!(queue(document.text()).get("extraVolumes").is_none());
    clear(&mut left, keys(), &ours).unwrap();
    assert!(queue(left.text()).get("extraVolumeMounts").is_none());
}
