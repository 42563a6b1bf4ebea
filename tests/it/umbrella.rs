//! A company's own chart that has the vendor's inside it: its values stand below the name that it has there, and everything else
//! in the file and in the manifest is somebody else's.

use serde_json::Value as Json;

use crate::support::{GATEWAY_NEEDS, Helm, Run, World, certificates, chart, copy_folder};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const OLDER: &str = "clearml-enterprise-agent-6.9.3";

/// The company's values, as people write them.
const VALUES: &str = "\
# the platform of the EU
site: eu-2   # moved in spring

postgres: {size: 20Gi}

agent:
  # the glue
  agentk8sglue:
    queues: {default: {}}

# the end
";

/// The company's chart, with one of the vendor's inside it.
fn platform(world: &World, vendors: &str) {
    copy_folder(
        chart("acme-platform-2.0.0").as_ref(),
        &world.path("platform"),
    );
    copy_folder(
        chart(vendors).as_ref(),
        &world.path("platform/charts/clearml-enterprise-agent"),
    );
}

fn edited(world: &World, file: &str, from: &str, to: &str) {
    let text = world.read(file);
    assert!(text.contains(from), "{file} has no {from}");
    world.write(file, &text.replace(from, to));
}

fn agent(world: &World, command: &str, more: &str) -> Run {
    world.plugin(&format!(
        "{command} agent --chart platform -f v.yaml {more}"
    ))
}

fn install(world: &World, more: &str) -> Run {
    agent(
        world,
        "install",
        &format!("--release acme -n ml --ca ca.pem --dry-run {more}"),
    )
}

fn render(world: &World, more: &str) -> Run {
    agent(
        world,
        "render",
        &format!("--release acme -n ml --ca ca.pem {more}"),
    )
}

fn json(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"))
}

both_majors! {
    fn the_chart_inside_is_found_and_the_file_edited_below_its_name(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        install(&world, "")
            .exits(0)
            .says("chart      platform 2.0.0")
            .says("dependency clearml-enterprise-agent 6.14.6, its values below agent")
            .says("by the chart (agent.customCertificates.propagateToTasks)")
            .says("→ Deployment acme-agent")
            .says("→ task pods of queue default")
            .says("+ StatefulSet acme-postgres")
            .says("helm upgrade -i -n ml acme platform --version 2.0.0 --create-namespace -f v.yaml")
            .never_says("checking-off");
        render(&world, "--check").exits(2).says("+  customCertificates:");
        render(&world, "--in-place").exits(0);
        let written = world.read("v.yaml");
        let part = "    queues: {default: {}}\n  customCertificates:\n    extraCerts:\n      - alias: acme-root\n        pem: |\n";
        assert!(written.contains(part), "{written}");
        assert!(written.starts_with("# the platform of the EU\nsite: eu-2   # moved in spring\n"), "{written}");
        assert!(written.ends_with("    propagateToTasks: true\n\n# the end\n"), "{written}");
        render(&world, "--check").exits(0).says("is as it should be");
        install(&world, "").exits(0).says("v.yaml (unchanged)");
        world.is_tidy();
    }

    fn programs_are_told_which_chart_it_is_and_every_path_whole(world) {
        platform(&world, AGENT);
        let server = "agent: {agentk8sglue: {apiServerUrlReference: 'https://127.0.0.1:1'}}\n";
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", server);
        let plan = json(&install(&world, "-o json"));
        let target = &plan["targets"][0];
        let dependency = serde_json::json!({"valuesPath": "agent", "chart": "clearml-enterprise-agent", "version": "6.14.6"});
        assert_eq!(target["dependency"], dependency);
        assert_eq!(target["chartVersion"], "2.0.0");
        let servers = |target: &Json| -> Vec<String> {
            let all = target["servers"].as_array().unwrap().iter();
            all.map(|one| format!("{} {}:{}", one["value"], one["host"], one["port"]).replace('"', "")).collect()
        };
        let named = "agent.agentk8sglue.apiServerUrlReference";
        assert_eq!(servers(target), [format!("{named} 127.0.0.1:1")]);
        // What the company's chart says of it counts like a file; the vendor's own defaults name none.
        edited(&world, "platform/values.yaml", "https://api.acme.example", "https://127.0.0.1:2");
        world.write("v.yaml", "site: eu\n");
        let plan = json(&install(&world, "-o json"));
        assert_eq!(servers(&plan["targets"][0]), [format!("{named} 127.0.0.1:2")]);
        let rendered = json(&render(&world, "-o json"));
        assert_eq!(rendered["targets"][0]["dependency"], dependency);
        let part = rendered["targets"][0]["override"].as_str().unwrap().to_owned();
        assert!(part.starts_with("agent:\n  customCertificates:\n    extraCerts:\n"), "{part}");
    }

    fn what_others_in_the_chart_render_is_not_taken_for_the_agents(world) {
        platform(&world, OLDER);
        let ca = certificates::ca("Acme Root");
        world.write("ca.pem", &ca);
        // The database has the same certificate, under a name that comes first, and reads it from where nobody else does.
        let database = format!(
            "{VALUES}postgres:\n  clientCA: |\n    {}\n  env:\n    - {{name: GIT_SSL_NO_VERIFY, value: 'true'}}\n    - {{name: BACKUP_URL, value: 'https://backup.acme.example'}}\n",
            ca.trim_end().replace('\n', "\n    ")
        );
        world.write("v.yaml", &database.replace("postgres: {size: 20Gi}\n\n", ""));
        let shown = install(&world, "--skip-probe");
        shown
            .exits(0)
            .says("by the documented pod template (agent.agentk8sglue.basePodTemplate)")
            .says("in ConfigMap acme-agent-custom-ca-0")
            .says("→ task pods of queue default")
            .says("name: acme-agent-custom-ca-0")
            .never_says("name: acme-a-client-ca")
            .never_says("in ConfigMap acme-a-client-ca")
            .never_says("→ StatefulSet")
            .never_says("checking-off")
            .never_says("backup.acme.example")
            .never_says("task pods (ConfigMap acme-postgres-backup");
        // And where the agent does not get it, no other chart's ConfigMap makes up for that.
        edited(&world, "platform/charts/clearml-enterprise-agent/templates/_custom-certificates.tpl", "kind: ConfigMap", "kind: Lease");
        install(&world, "--skip-probe")
            .exits(3)
            .warns("clearml-enterprise-agent 6.9.3 in acme-platform 2.0.0 renders no ConfigMap or Secret with acme-root");
    }

    fn the_versions_that_count_are_those_of_the_chart_inside(world) {
        platform(&world, OLDER);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        install(&world, "--task-pods propagate")
            .exits(3)
            .warns("clearml-enterprise-agent 6.9.3 in acme-platform 2.0.0 does not know agent.customCertificates.propagateToTasks; the first that does is 6.10.6")
            .warns("or clearml-enterprise-agent 6.10.6 or newer among the dependencies of acme-platform");
        edited(&world, "platform/charts/clearml-enterprise-agent/Chart.yaml", "version: 6.9.3", "version: 6.12.3");
        install(&world, "")
            .exits(3)
            .warns("error[chart-breaks-update-ca-certificates]: clearml-enterprise-agent 6.12.3: ")
            .warns("use clearml-enterprise-agent 6.12.4 or newer in acme-platform, or --mode replace");
    }

    fn one_below_another_is_found_in_a_packed_chart(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", "# nothing yet\n");
        std::fs::create_dir(world.path("company")).unwrap();
        world.write(
            "company/Chart.yaml",
            "apiVersion: v2\nname: company\nversion: 1.2.3\ndependencies:\n- {name: acme-platform, version: 2.0.0, alias: platform, repository: 'file://../platform'}\n",
        );
        // As helm dependency update leaves it.
        std::fs::create_dir(world.path("company/charts")).unwrap();
        world.helm(["package", "platform", "-d", "company/charts"]).exits(0);
        world.helm(["package", "company"]).exits(0);
        for company in ["company", "company-1.2.3.tgz"] {
            world.plugin(&format!("install agent --chart {company} --release acme -n ml -f v.yaml --ca ca.pem --dry-run"))
                .exits(0)
                .says("dependency clearml-enterprise-agent 6.14.6, its values below platform.agent")
                .says("+platform:\n+  agent:\n+    customCertificates:\n")
                .says("→ Deployment acme-agent");
        }
    }

    fn a_gateway_and_a_control_plane_may_be_inside_too(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let more = "  - {name: clearml-enterprise-app-gateway, version: 3.x, alias: door}\n  - {name: clearml-enterprise, version: 10.x, condition: clearml-enterprise.enabled}\n  - name: postgres";
        edited(&world, "platform/Chart.yaml", "  - name: postgres", more);
        for (vendors, name) in [("clearml-enterprise-app-gateway-3.2.0", "door"), ("clearml-enterprise-10.11.3", "mlops")] {
            copy_folder(chart(vendors).as_ref(), &world.path(&format!("platform/charts/{name}")));
        }
        let run = |component: &str| {
            world.plugin(&format!("install {component} --chart platform --release acme -n ml -f v.yaml --ca ca.pem --skip-probe --dry-run"))
        };
        // Templates of one name are one in all of a chart, so the stand-ins of agent and control plane do not go together.
        let off = "clearml-enterprise: {enabled: false}\n";
        world.write("v.yaml", off);
        run("gateway").exits(3).warns("does not render without door.clearml.apiKey, door.clearml.apiSecret, door.clearml.apiServerUrlReference");
        let needs = format!("door:\n{}", GATEWAY_NEEDS.lines().map(|line| format!("  {line}\n")).fold(String::new(), |all, line| all + &line));
        world.write("v.yaml", &format!("{off}{needs}"));
        run("agent").exits(0).says("its values below agent");
        run("gateway").exits(0).says("its values below door").says("→ Deployment acme-door").never_says("gateway-without-agent");
        run("apps").exits(3).warns("(clearml-enterprise.enabled: false)");
        world.write("v.yaml", &format!("{needs}agent: {{enabled: false}}\n"));
        run("apps")
            .exits(0)
            .says("dependency clearml-enterprise 10.11.3, its values below clearml-enterprise")
            .says("+clearml-enterprise:\n+  clearmlApplications:\n+    customCertificates:\n")
            .says("→ task pods");
    }

    fn where_somebody_says_it_there_it_is(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        render(&world, "--check --values-path agent").exits(2).says("+  customCertificates:");
        render(&world, "--check --agent-values-path agent").exits(2);
        render(&world, "--check --values-path agnt")
            .exits(64)
            .warns("--agent-values-path agnt: acme-platform 2.0.0 has no chart inside it at that path; did you mean --agent-values-path agent?");
        render(&world, "--check --values-path data.base").exits(64).warns("the ClearML Agent is at agent");
        render(&world, "--check --values-path postgres").exits(3).warns("postgres 1.0.0 in acme-platform 2.0.0");
        render(&world, "--check --values-path agent.").exits(64).warns("\"agent.\" is no path of keys");
        let vendors = chart(AGENT);
        world.plugin(&format!("render agent --chart {vendors} -f v.yaml --ca ca.pem --values-path agent"))
            .exits(64)
            .warns("it has no charts inside it, so leave --agent-values-path out");
        // Without the chart nothing tells, and the word counts.
        world.plugin("render agent --chart oci://127.0.0.1:1/platform --release acme -f v.yaml --ca ca.pem --assume-names --values-path x.agent --task-pods template --task-image i:1")
            .exits(0)
            .says("x:\n  agent:\n    customCertificates:\n")
            .says("name: acme-agent-custom-ca-0");
    }

    fn of_two_one_has_to_be_named_unless_one_is_off(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        let second = "  - name: clearml-enterprise-agent\n    version: 6.x\n    alias: burst\n    condition: burst.enabled\n  - name: postgres";
        edited(&world, "platform/Chart.yaml", "  - name: postgres", second);
        install(&world, "")
            .exits(4)
            .warns("it is there as agent and as burst; say --agent-values-path agent or --agent-values-path burst");
        render(&world, "").exits(4);
        install(&world, "--values-path burst")
            .exits(0)
            .says("its values below burst")
            .says("→ Deployment acme-burst")
            .never_says("→ Deployment acme-agent");
        edited(&world, "v.yaml", "site:", "burst: {enabled: false}\nsite:");
        install(&world, "").exits(0).says("its values below agent");
    }

    fn one_that_is_off_is_told_and_nothing_is_claimed(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", "agent:\n  enabled: false\n");
        let off = "acme-platform 2.0.0 renders nothing of clearml-enterprise-agent, which stands below agent (agent.enabled: false)";
        install(&world, "").exits(3).warns("error[dependency-off]: with these values").warns(off).never_says("✓ acme-root");
        render(&world, "--check").exits(3).warns(off);
        // By a flag of Helm's own.
        world.write("v.yaml", VALUES);
        install(&world, "-- --set agent.enabled=false").exits(3).warns("error[dependency-off]");
        // And by its tags.
        edited(&world, "platform/Chart.yaml", "    condition: agent.enabled", "    tags: [ml]");
        world.write("v.yaml", "tags: {ml: false}\n");
        install(&world, "").exits(3).warns("(tags.ml: false)");
    }

    fn the_release_has_to_be_named(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        let unnamed = "the release name of acme-platform, which has the chart of the ClearML Agent inside it, at agent: --agent-release NAME";
        agent(&world, "install", "-n ml --ca ca.pem --dry-run").exits(4).warns(unnamed);
        agent(&world, "render", "--ca ca.pem --in-place").exits(4).warns(unnamed);
        assert_eq!(world.read("v.yaml"), VALUES);
    }

    fn values_inside_an_object_are_edited_below_the_name_too(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let object = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: acme, namespace: ml}\nspec:\n  chart: {spec: {chart: ./platform, sourceRef: {kind: GitRepository, name: ours}}}\n  values:\n    site: eu-2 # moved\n    agent:\n        # four more\n        agentk8sglue: {queues: {default: {}}}\n  interval: 5m\n";
        world.write("v.yaml", object);
        let line = |more: &str| world.plugin(&format!("render agent --chart platform -f v.yaml --ca ca.pem {more}"));
        line("--in-place").exits(0).never_says("warning[");
        let written = world.read("v.yaml");
        let part = "        agentk8sglue: {queues: {default: {}}}\n        customCertificates:\n";
        assert!(written.contains(part), "{written}");
        line("--check").exits(0);
    }

    fn helms_own_flags_and_other_files_count_by_their_whole_paths(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        let set = "agent.customCertificates.extraCerts=null";
        install(&world, &format!("-- --set {set}")).exits(3).warns("error[flag-over-values]: --set agent.customCertificates.extraCerts=…");
        install(&world, "-- --set customCertificates.extraCerts=null").exits(0).never_says("flag-over-values");
        world.write("more.yaml", "agent:\n  customCertificates:\n    extraCerts: [{alias: other, pem: x}]\n");
        install(&world, "-f more.yaml --no-input").never_says("dependency-off");
        world.write("base.yaml", "agent: {clearml: {agentk8sglueKey: k}}\n");
        world.plugin("install agent --chart platform --release acme -n ml -f base.yaml -f v.yaml --ca ca.pem --dry-run").exits(0);
        // What checks no certificates is named with its whole path.
        edited(&world, "v.yaml", "    queues:", "    clearmlcheckCertificate: false\n    queues:");
        install(&world, "").warns("v.yaml:9: agent.agentk8sglue.clearmlcheckCertificate turns off");
        render(&world, "--in-place --enforce-checking").exits(0);
        assert!(!world.read("v.yaml").contains("clearmlcheckCertificate"), "{}", world.read("v.yaml"));
    }

    fn a_file_of_targets_may_say_it(world) {
        platform(&world, AGENT);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", VALUES);
        let targets = |path: &str| format!("certificates: {{acme-root: ca.pem}}\ntargets:\n  - {{component: agent, release: acme, namespace: ml, chart: ./platform, values: v.yaml{path}}}\n");
        world.write("clearml-certs.yaml", &targets(", valuesPath: agent"));
        world.plugin("render --check").exits(2).says("+  customCertificates:");
        world.write("clearml-certs.yaml", &targets(", valuesPath: 'a[0]'"));
        world.plugin("render --check").exits(3).warns("clearml-certs.yaml:3").warns("is no path of keys");
        world.write("clearml-certs.yaml", &targets(""));
        world.plugin("render --in-place").exits(0);
        world.plugin("export --to helmfile").exits(0).says("chart: ./platform").says("- v.yaml");
    }
}
