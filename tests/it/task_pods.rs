//! Task pods through the real helm: every shape that charts write their templates in, and every queue.

use crate::support::{GPU_QUEUES as QUEUES, Helm, Run, World, certificates, chart};
use serde_yaml::Value;

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";

fn line(chart_name: &str, more: &str) -> String {
    let chart = chart(chart_name);
    format!("install agent --ca ca.pem --chart {chart} -n team-a --skip-probe {more}")
}

fn dry_run(world: &World, chart_name: &str, more: &str) -> Run {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    world.plugin(&line(chart_name, &format!("--dry-run {more}")))
}

/// Writes the file of a dry run's plan, by way of `render`, which needs no cluster.
fn write(world: &World, chart_name: &str, more: &str) -> String {
    let chart = chart(chart_name);
    let run = world.plugin(&format!(
        "render agent --ca ca.pem --chart {chart} --in-place {more}"
    ));
    run.exits(0);
    world.read(AGENT_FILE)
}

/// The pods that a chart renders from the file, by queue.
fn rendered(world: &World, chart_name: &str, more: &[&str]) -> Value {
    let chart = chart(chart_name);
    let mut line = vec![
        "template",
        "clearml-agent",
        &chart,
        "--kube-version",
        "1.32.0",
        "-f",
        AGENT_FILE,
    ];
    line.extend(["-s", "templates/task-pod-template.yaml"]);
    line.extend(more);
    let run = world.helm(line);
    run.exits(0);
    let config_map: Value = serde_yaml::from_str(&run.stdout).unwrap();
    serde_yaml::from_str(config_map["data"]["template.yaml"].as_str().unwrap()).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_sequence().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect()
}

both_majors! {
    fn every_queue_gets_the_certificates_and_the_diff_is_minimal(world) {
        world.write(AGENT_FILE, QUEUES);
        for (chart_name, more) in [(OLD_AGENT, ""), (NEW_AGENT, "--task-pods propagate"), (NEW_AGENT, "--task-pods template")] {
            let run = dry_run(&world, chart_name, more);
            run.exits(0)
                .says("→ task pods of queue default (ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml)")
                .says("→ task pods of queue gpu (ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml)")
                .never_says("warning[queue-replaces-lists]")
                .never_says("certificate-not-in-queue");
            let removed = run.stdout.lines().filter(|line| line.starts_with('-') && !line.starts_with("---"));
            assert_eq!(removed.count(), 0, "{run}");
        }
    }

    fn what_a_queue_replaces_is_written_into_its_own_lists_once(world) {
        dry_run(&world, OLD_AGENT, "").exits(0);
        world.write(AGENT_FILE, QUEUES);
        let text = write(&world, OLD_AGENT, "");
        assert!(QUEUES.lines().all(|line| text.contains(line)), "{text}");
        assert_eq!(write(&world, OLD_AGENT, ""), text);
        let gpu = &rendered(&world, OLD_AGENT, &[])["gpu"]["spec"];
        let task = &gpu["containers"][0];
        assert_eq!(names(&gpu["initContainers"]), ["init-task"]);
        assert_eq!(names(&gpu["volumes"]), ["shm", "etc-ssl-certs", "clearml-extra-ca-certs"]);
        assert_eq!(names(&task["volumeMounts"]), ["shm", "etc-ssl-certs", "clearml-extra-ca-certs"]);
        for variable in ["NCCL_DEBUG", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
            assert!(names(&task["env"]).contains(&variable), "{variable}");
        }
        // Another strategy takes all of it out again.
        let off = write(&world, OLD_AGENT, "--task-pods off");
        let certificates = off.strip_prefix(QUEUES).unwrap();
        assert!(certificates.starts_with("customCertificates:\n"), "{off}");
    }

    fn a_file_is_for_images_of_every_distribution_until_it_says_otherwise(world) {
        world.write(AGENT_FILE, QUEUES);
        dry_run(&world, OLD_AGENT, "--task-distros any").exits(0).never_says("bundle-not-at-path");
        let debian = write(&world, OLD_AGENT, "");
        let any = write(&world, OLD_AGENT, "--task-distros any");
        for queue in ["default", "gpu"] {
            let mounts = rendered(&world, OLD_AGENT, &[])[queue]["spec"]["containers"][0]["volumeMounts"].clone();
            for path in [
                "/etc/ssl/cert.pem",
                "/etc/pki/tls/certs/ca-bundle.crt",
                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
            ] {
                let mut mounts = mounts.as_sequence().unwrap().iter();
                let mount = mounts.find(|one| one["mountPath"] == path).unwrap();
                assert_eq!((&mount["name"], &mount["subPath"]), (&"etc-ssl-certs".into(), &"ca-certificates.crt".into()));
            }
        }
        assert_eq!(write(&world, OLD_AGENT, ""), any);
        assert_eq!(write(&world, OLD_AGENT, "--task-distros debian"), debian);
    }

    fn a_chart_that_propagates_serves_other_distributions_by_the_template_alone(world) {
        world.write(AGENT_FILE, QUEUES);
        dry_run(&world, NEW_AGENT, "--task-pods propagate --task-distros any").exits(0).warns("warning[distros-unused]");
        let text = write(&world, NEW_AGENT, "--task-distros any");
        assert!(text.contains("tls-ca-bundle.pem") && !text.contains("propagateToTasks"), "{text}");
        assert_eq!(write(&world, NEW_AGENT, ""), text);
        assert!(write(&world, NEW_AGENT, "--task-distros debian").contains("propagateToTasks: true"));
    }

    fn what_the_user_mounts_at_such_a_path_stays_and_is_told(world) {
        let users = "agentk8sglue:\n  basePodTemplate:\n    volumes: [{name: mine, emptyDir: {}}]\n    volumeMounts: [{name: mine, mountPath: /etc/pki/tls}]\n  queues: {default: {}}\n";
        world.write(AGENT_FILE, users);
        dry_run(&world, OLD_AGENT, "--task-distros any")
            .exits(0)
            .warns("warning[mount-kept]")
            .warns("mounts a volume of yours at /etc/pki/tls;")
            .warns("warning[bundle-not-at-path]: task pods of queue default (ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml): /etc/pki/tls/certs/ca-bundle.crt does not have acme-root")
            .never_says("tls-ca-bundle.pem does not have");
    }

    fn a_chart_that_adds_volumes_leaves_the_users_lists_as_they_are(world) {
        dry_run(&world, NEW_AGENT, "").exits(0);
        world.write(AGENT_FILE, QUEUES);
        let text = write(&world, NEW_AGENT, "--task-pods template");
        let values: Value = serde_yaml::from_str(&text).unwrap();
        let gpu = &values["agentk8sglue"]["queues"]["gpu"]["templateOverrides"];
        assert_eq!(names(&gpu["volumes"]), ["shm"]);
        assert_eq!(names(&gpu["extraVolumes"]), ["etc-ssl-certs", "clearml-extra-ca-certs"]);
        let gpu = &rendered(&world, NEW_AGENT, &[])["gpu"]["spec"];
        assert_eq!(names(&gpu["volumes"]), ["shm", "etc-ssl-certs", "clearml-extra-ca-certs"]);
        assert_eq!(write(&world, NEW_AGENT, "--task-pods template"), text);
    }

    fn the_queue_of_applications_and_server_tasks_are_served_too(world) {
        let apps = "agentk8sglue:\n  appsQueue:\n    enabled: true\n    templateOverrides:\n      env: [{name: A, value: b}]\n  serverTasks: {enabled: true}\n  bootstrap: {enabled: true}\n";
        world.write(AGENT_FILE, apps);
        for more in ["--task-pods template", "--task-pods propagate"] {
            dry_run(&world, NEW_AGENT, more)
                .exits(0)
                .says("→ task pods of queue apps_queue (ConfigMap")
                .says("→ task pods (ConfigMap clearml-agent-clearml-enterprise-agent-pt, server-tasks.yaml)")
                .never_says("certificate-not-in-queue");
        }
    }

    fn tasks_that_run_as_jobs_get_them(world) {
        world.write(AGENT_FILE, &QUEUES.replace("  queues:", "  taskAsJob: true\n  queues:"));
        for (chart_name, more) in [(OLD_AGENT, ""), (NEW_AGENT, "")] {
            dry_run(&world, chart_name, more).exits(0).says("→ task pods of queue gpu (ConfigMap");
        }
    }

    fn an_agent_without_a_queue_is_no_error_and_its_base_template_is_judged(world) {
        world.write(AGENT_FILE, "agentk8sglue:\n  queues:\n");
        dry_run(&world, OLD_AGENT, "")
            .exits(0)
            .warns("note[no-queue]: release clearml-agent has no queue (agentk8sglue.queues is empty)")
            .says("→ task pods of queues to come (agentk8sglue.basePodTemplate)");
        dry_run(&world, NEW_AGENT, "").exits(0).warns("note[no-queue]").never_says("no-task-pod-template");
    }

    fn a_template_that_is_no_yaml_is_named_with_object_key_and_line(world) {
        world.write(AGENT_FILE, "agentk8sglue:\n  basePodTemplate:\n    labels: {team: ml, tier: gold}\n");
        dry_run(&world, OLD_AGENT, "")
            .exits(3)
            .warns("error[task-pod-template-unreadable]: ConfigMap clearml-agent-clearml-enterprise-agent-pt, template.yaml: line ")
            .warns("keep one")
            .never_says("no-task-pod-template");
        world.write(AGENT_FILE, "agentk8sglue:\n  basePodTemplate:\n    labels: {team: ml}\n");
        dry_run(&world, OLD_AGENT, "").exits(0);
    }

    fn other_texts_beside_the_template_are_left_alone(world) {
        world.write(AGENT_FILE, "agentk8sglue:\n  sessions: {portModeEnabled: true, maxServices: 2}\n  basePodTemplate:\n    fileMounts: [{name: a.txt, folderPath: /x, fileContent: containers}]\nclearml:\n  clearmlConfig: |\n    agent {\n      # containers: none\n    }\n");
        let run = dry_run(&world, OLD_AGENT, "");
        run.exits(0).never_says("services-").never_says("secrets.yaml");
        assert_eq!(run.count("→ task pods"), 2, "{run}");
    }

    fn one_template_for_all_tasks_is_read_with_or_without_its_kind(world) {
        dry_run(&world, "single-template-agent-1.0.0", "")
            .exits(0)
            .says("→ task pods (ConfigMap clearml-agent-single-template-agent-pt, template.yaml)");
    }

    fn a_queue_whose_lists_stand_elsewhere_is_named_with_their_file(world) {
        world.write("queues.yaml", QUEUES).write("certs.yaml", "customCertificates: {}\n");
        dry_run(&world, OLD_AGENT, "-f queues.yaml -f certs.yaml --ignore volume-missing")
            .exits(0)
            .warns("warning[queue-replaces-lists]: agentk8sglue.queues.gpu.templateOverrides replaces env, volumeMounts, volumes of the base template by lists that queues.yaml has")
            .warns("warning[certificate-not-in-queue]: task pods of queue gpu (ConfigMap");
    }

    fn an_image_that_nothing_tells_is_asked_for_and_never_written_as_a_placeholder(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let copied = std::process::Command::new("cp").args(["-r", &chart(OLD_AGENT)]).arg(world.path("chart")).status();
        assert!(copied.unwrap().success());
        let path = world.path("chart/templates/agent-deployment.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        // An image that is put in when a pod is admitted, of a workload of another kind.
        let lines = text.lines().filter(|line| line.trim() != "image: {{ $image }}");
        let odd = lines.collect::<Vec<_>>().join("\n").replace("kind: Deployment", "kind: CronJob");
        assert_ne!(text, odd);
        std::fs::write(&path, odd).unwrap();
        let line = "render agent --ca ca.pem --chart chart -n team-a --task-pods template";
        world
            .plugin(&format!("{line} --in-place"))
            .exits(3)
            .warns("error[image-unknown]")
            .warns("--task-image");
        assert!(!world.path(AGENT_FILE).exists());
        world
            .plugin(&format!("{line} --task-image mirror.acme.example/agent:1"))
            .never_says("image-unknown")
            .never_says("not-yet-rendered");
    }

    fn a_chart_that_leaves_one_queue_out_is_told_with_the_queue(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write(AGENT_FILE, QUEUES);
        let copied = std::process::Command::new("cp").args(["-r", &chart(NEW_AGENT)]).arg(world.path("chart")).status();
        assert!(copied.unwrap().success());
        // It adds nothing where a queue has volumes of its own.
        let path = world.path("chart/templates/_propagation.tpl");
        let text = std::fs::read_to_string(&path).unwrap();
        let broken = text.replace("if .certificates.values.propagateToTasks", "if and .certificates.values.propagateToTasks (not .pod.volumes)");
        assert_ne!(text, broken);
        std::fs::write(&path, broken).unwrap();
        world
            .plugin("install agent --ca ca.pem --chart chart -n team-a --skip-probe --dry-run")
            .exits(0)
            .warns("warning[certificate-not-in-queue]: task pods of queue gpu (ConfigMap")
            .warns("--task-pods template")
            .says("→ task pods of queue default")
            .says("✗ task pods of queue gpu");
        world
            .plugin("install agent --ca ca.pem --chart chart -n team-a --skip-probe --dry-run --task-pods template")
            .exits(0)
            .never_says("certificate-not-in-queue")
            .says("→ task pods of queue gpu");
    }

    fn the_same_product_under_another_name_has_its_own_names(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("orchestrator-values.override.yaml", &QUEUES.replace("agentk8sglue", "orchestratork8sglue"));
        let chart = chart("klique-orchestrator-1.0.0");
        let line = format!("install agent --ca ca.pem --chart {chart} -n team-a --skip-probe --dry-run");
        world
            .plugin(&line)
            .exits(0)
            .says("+++ orchestrator-values.override.yaml")
            .says("release orchestrator in namespace team-a")
            .says("→ task pods of queue gpu (ConfigMap orchestrator-pt, template.yaml)");
        world
            .plugin(&format!("{line} --task-pods template"))
            .exits(0)
            .says("by the documented pod template (orchestratork8sglue.basePodTemplate)")
            .says("- name: klique-extra-ca-certs")
            .never_says("clearml-extra-ca-certs")
            .says("→ task pods of queue gpu (ConfigMap orchestrator-pt, template.yaml)");
    }

    fn an_init_container_that_must_not_be_root_and_names_no_user_is_told(world) {
        let with = |context: &str| {
            let values = format!("agentk8sglue:\n  basePodTemplate:\n    podSecurityContext: {context}\n");
            world.write(AGENT_FILE, &values);
            dry_run(&world, OLD_AGENT, "")
        };
        with("{runAsNonRoot: true}")
            .exits(0)
            .warns("warning[init-container-as-root]")
            .warns("container has runAsNonRoot and image will run as root");
        for context in ["{runAsNonRoot: true, runAsUser: 1000}", "{runAsUser: 1000}", "{}"] {
            with(context).exits(0).never_says("init-container-as-root");
        }
        let values = "agentk8sglue:\n  basePodTemplate:\n    podSecurityContext: {runAsNonRoot: true}\n";
        world.write(AGENT_FILE, values);
        dry_run(&world, OLD_AGENT, "--mode replace").exits(0).never_says("init-container-as-root");
    }
}
