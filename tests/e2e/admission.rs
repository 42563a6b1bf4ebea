//! Pods that a namespace does not let in: what the API server says in a dry run is what becomes of them.

use serde_json::json;

use crate::support::cluster::{self, Namespace};
use crate::support::{Helm, Run, World, certificates, chart, copy_folder, until};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const FILE: &str = "clearml-agent-values.override.yaml";
const NAME: &str = "clearml-agent-clearml-enterprise-agent";
const DEPLOYMENT: &str = "the pods of Deployment clearml-agent-clearml-enterprise-agent";
const RESTRICTED: &str = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}";

/// A copy of the chart whose own containers say something more.
fn chart_with(world: &World, of_containers: &str) {
    let copy = world.path("chart");
    copy_folder(chart(AGENT).as_ref(), &copy);
    let file = copy.join("templates/agent-deployment.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let pulls = "imagePullPolicy: IfNotPresent\n";
    let more = format!("{pulls}          {of_containers}\n");
    std::fs::write(&file, text.replace(pulls, &more)).unwrap();
}

fn install(world: &World, namespace: &Namespace, more: &str) -> Run {
    let at = &namespace.name;
    world.plugin(&format!(
        "install agent --ca one.pem --chart chart -n {at} --skip-probe {more}"
    ))
}

fn label(namespace: &Namespace, label: &str) {
    Namespace::kubectl(&["label", "--overwrite", "namespace", &namespace.name, label]);
}

/// What the API server has against a task's pod, as the agent makes it of the deployed template.
fn task_is_refused(namespace: &Namespace) -> Option<String> {
    let templates = namespace.get("configmap");
    let mut templates = templates["items"].as_array().unwrap().iter();
    let template = templates
        .find(|one| one["metadata"]["name"] == format!("{NAME}-pt"))
        .unwrap();
    let text = template["data"]["template.yaml"].as_str().unwrap();
    let queues: serde_json::Value = serde_yaml::from_str(text).unwrap();
    let mut pod = queues["default"].clone();
    pod["metadata"]["generateName"] = "task-".into();
    pod["spec"]["containers"][0]["name"] = "task".into();
    pod["spec"]["containers"][0]["image"] = "ubuntu".into();
    namespace.refuses(&pod.to_string())
}

on_the_cluster! {
    fn where_root_is_forbidden_append_mode_is_refused_and_replace_mode_works(world, namespace) {
        chart_with(&world, &format!("securityContext: {{{RESTRICTED}}}"));
        world.write("one.pem", &certificates::ca("Acme Root"));
        let tasks = format!("agentk8sglue:\n  basePodTemplate:\n    containerSecurityContext: {{{RESTRICTED}}}\n");
        world.write(FILE, &tasks);
        label(&namespace, "pod-security.kubernetes.io/enforce=restricted");
        install(&world, &namespace, "--dry-run")
            .exits(3)
            .warns("error[pod-security-refuses]")
            .warns("the container init-agent of Deployment")
            .warns("hint: --mode replace needs no such container")
            .never_says("[pod-refused]")
            .never_says("admission-unknown");
        install(&world, &namespace, "--yes --ignore pod-security-refuses")
            .exits(1)
            .warns("violates PodSecurity \"restricted:latest\"");
        assert!(task_is_refused(&namespace).unwrap().contains("violates PodSecurity"));
        // What is rejected already is no news.
        world.write("one.pem", &certificates::ca("Other Root"));
        let again = install(&world, &namespace, "--dry-run");
        again.warns("[pod-security-refuses]");
        install(&world, &namespace, "--mode replace --dry-run")
            .exits(0)
            .never_says("-refuse");
        install(&world, &namespace, "--mode replace --yes").exits(0);
        assert_eq!(task_is_refused(&namespace), None);
    }

    fn what_the_chart_itself_lacks_is_told_in_the_api_servers_words(world, namespace) {
        chart_with(&world, "");
        world.write("one.pem", &certificates::ca("Acme Root"));
        install(&world, &namespace, "--mode replace --yes").exits(0).never_says("pod-refused");
        label(&namespace, "pod-security.kubernetes.io/enforce=restricted");
        world.write("one.pem", &certificates::ca("Other Root"));
        install(&world, &namespace, "--mode replace --dry-run")
            .exits(0)
            .warns(&format!("warning[pod-refused]: the API server rejects {DEPLOYMENT}, as it does those of the deployed release: violates PodSecurity"));
        install(&world, &namespace, "--mode replace --yes").exits(1).warns("violates PodSecurity");
        let new = Namespace::new();
        label(&new, "pod-security.kubernetes.io/enforce=restricted");
        install(&world, &new, "--mode replace --dry-run")
            .exits(3)
            .warns(&format!("error[pod-refused]: the API server rejects {DEPLOYMENT}: violates PodSecurity"))
            .warns("unrestricted capabilities");
    }

    fn a_quota_is_full_where_the_old_pod_has_to_stay(world, namespace) {
        chart_with(&world, "");
        world.write("one.pem", &certificates::ca("Acme Root"));
        install(&world, &namespace, "--yes").exits(0);
        namespace.has_quota(&json!({"pods": "1"}), &json!({"pods": "1"}));
        world.write("one.pem", &certificates::ca("Other Root"));
        until("the quota holds", || {
            let run = install(&world, &namespace, "--dry-run");
            run.code == 3
        });
        install(&world, &namespace, "--dry-run")
            .warns(&format!("error[pod-refused]: the API server rejects {DEPLOYMENT}: exceeded quota: q"))
            .warns("kubectl describe quota")
            // By the time of a task, there may be room.
            .warns("warning[pod-refused]: the API server rejects the pods of task pods");
        install(&world, &namespace, "--yes --ignore pod-refused").exits(1).warns("exceeded quota");
    }

    fn what_a_quota_wants_named_is_told_once(world, namespace) {
        chart_with(&world, "resources: {limits: {cpu: 1}}");
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.write(FILE, "agentk8sglue:\n  basePodTemplate:\n    resources: {limits: {cpu: 1}}\n");
        namespace.has_quota(&json!({"limits.cpu": "9"}), &json!({"limits.cpu": "0"}));
        until("the quota holds", || task_like(&namespace).is_some_and(|why| why.contains("must specify")));
        install(&world, &namespace, "--dry-run")
            .exits(3)
            .warns("error[quota-refuses]")
            .never_says(DEPLOYMENT);
        install(&world, &namespace, "--yes --ignore quota-refuses --ignore pod-refused").exits(1).warns("must specify limits.cpu for: init-agent");
        install(&world, &namespace, "--yes --mode replace").exits(0).never_says("quota-refuses").never_says(DEPLOYMENT);
        // A default lets them in, and what the API server takes lacks nothing.
        let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}});
        assert_eq!(namespace.refuses(&range.to_string()), None);
        world.write("one.pem", &certificates::ca("Other Root"));
        until("the default holds", || install(&world, &namespace, "--mode append --dry-run").code == 0);
        install(&world, &namespace, "--mode append --yes").exits(0).never_says("-refuse");
    }

    fn policies_and_what_pods_name_are_asked_about_too(world, namespace) {
        chart_with(&world, "");
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.write(FILE, "agentk8sglue:\n  basePodTemplate:\n    priorityClassName: nobodys\n");
        let at = &namespace.name;
        install(&world, &namespace, "--dry-run")
            .exits(3)
            .warns("error[pod-refused]: the API server rejects the pods of task pods of queue default")
            .warns("no PriorityClass with name nobodys was found");
        install(&world, &namespace, "--yes --ignore pod-refused").exits(0);
        assert!(task_is_refused(&namespace).unwrap().contains("no PriorityClass with name nobodys"));
        world.write(FILE, "");
        let selected = json!({"matchLabels": {"kubernetes.io/metadata.name": at}});
        let pods = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]});
        let version = "admissionregistration.k8s.io/v1";
        let policy = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": at}, "spec": {
                "matchConstraints": {"resourceRules": [pods], "namespaceSelector": selected},
                "validations": [{"expression": "has(object.metadata.labels) && 'team' in object.metadata.labels", "message": "say whose it is"}],
            }},
            {"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": at}, "spec": {
                "policyName": at, "validationActions": ["Deny"],
            }},
        ]});
        assert_eq!(cluster::create(&policy.to_string(), &[]), None);
        until("the policy holds", || task_like(&namespace).is_some_and(|why| why.contains("say whose it is")));
        let line = "--discard-values";
        let foreseen = install(&world, &namespace, &format!("{line} --dry-run"));
        let real = install(&world, &namespace, &format!("{line} --yes --ignore pod-refused"));
        Namespace::kubectl(&["delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", at]);
        foreseen.warns(&format!("warning[pod-refused]: the API server rejects {DEPLOYMENT}")).warns("say whose it is");
        real.exits(1).warns("say whose it is");
    }

    fn what_cannot_be_asked_is_said_and_is_no_obstacle(world, namespace) {
        chart_with(&world, "");
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.write("reader", &namespace.reader());
        let path = world.path("reader").display().to_string();
        let more = format!("--kubeconfig {path}");
        install(&world, &namespace, &format!("--dry-run {more}"))
            .warns("note[admission-unknown]")
            .warns("cannot create resource \"pods\"")
            .never_says("[pod-refused]");
        install(&world, &namespace, "--yes").exits(0).never_says("admission-unknown");
    }

    fn a_service_account_that_the_chart_makes_is_no_obstacle(world, namespace) {
        chart_with(&world, "");
        world.write("one.pem", &certificates::ca("Acme Root"));
        let file = world.path("chart").join("templates/agent-deployment.yaml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replacen("      initContainers:\n", "      serviceAccountName: ours\n      initContainers:\n", 1);
        std::fs::write(&file, &text).unwrap();
        install(&world, &namespace, "--dry-run")
            .exits(3)
            .warns("error[pod-refused]")
            .warns("serviceaccount \"ours\" not found");
        let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ours\n";
        std::fs::write(&file, format!("{text}\n{account}")).unwrap();
        install(&world, &namespace, "--dry-run").exits(0).never_says("pod-refused");
        install(&world, &namespace, "--yes").exits(0);
    }
}

/// What the API server has against a pod that says nothing of itself.
fn task_like(namespace: &Namespace) -> Option<String> {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}, "spec": {"containers": [{"name": "a", "image": "ubuntu"}]}});
    namespace.refuses(&pod.to_string())
}
