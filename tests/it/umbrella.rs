//! A company's own chart that has the vendor's inside it: its values stand below the name that it has there, and everything else
//! in the file and in the manifest is somebody else's.

use serde_json::Value as Json;

use crate::support::{
    GATEWAY_NEEDS, Helm, OF_TWO, Run, World, certificates, chart, copy_folder, of_two,
    platform_of_two, schema,
};

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

    fn two_components_of_one_release_are_deployed_by_one_upgrade(world) {
        platform_of_two(&world);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", OF_TWO);
        let line = |more: &str| of_two("install", &format!("-n ml --ca ca.pem --skip-probe --dry-run {more}"));
        let shown = world.plugin(&line(""));
        shown
            .exits(0)
            .says("ClearML Agent release acme in namespace ml")
            .says("AI Application Gateway release acme in namespace ml")
            .says("(one upgrade with the ClearML Agent)")
            .says("its values below agent")
            .says("its values below door")
            .says("→ Deployment acme-agent")
            .says("→ Deployment acme-door")
            .says("acme in ml also has the AI Application Gateway; trust + acme-root");
        assert_eq!(shown.count("helm upgrade -i"), 1, "{shown}");
        assert_eq!(shown.count("+ StatefulSet acme-postgres"), 1, "{shown}");
        let plan = schema::holds("install", &world.plugin(&line("-o json")).stdout);
        let [agent, gateway] = plan["targets"].as_array().unwrap().as_slice() else { panic!("{plan}") };
        let told = |target: &Json| [&target["component"], &target["goesWith"]].map(Clone::clone);
        assert_eq!(told(agent), [Json::from("agent"), Json::Null]);
        assert_eq!(told(gateway), ["gateway", "agent"]);
        assert!(agent["command"].as_str().unwrap().starts_with("helm upgrade -i "));
        assert_eq!((&gateway["command"], &gateway["changes"]["objects"]), (&Json::Null, &serde_json::json!([])));
        // Each says what is its own.
        let carried = |target: &Json| target["certificates"][0]["carriedBy"][0]["name"].as_str().unwrap().to_owned();
        assert_eq!([carried(agent), carried(gateway)], ["acme-agent-custom-ca-0", "acme-door-custom-ca-0"]);
        assert!(agent["summary"]["objectsCreated"].as_u64() > Some(4) && gateway["summary"]["objectsCreated"] == 0);
        // Both are edited in one file, which holds all of it then.
        world.plugin(&of_two("render", "-n ml --ca ca.pem --in-place")).exits(0);
        let written = world.read("v.yaml");
        assert_eq!(written.matches("alias: acme-root").count(), 2, "{written}");
        world.plugin(&line("")).exits(0).says("v.yaml (unchanged)");
        world.plugin(&of_two("remove", "-n ml --all --skip-probe --files-only --yes")).never_says("error[");
        world.is_tidy();
    }

    fn two_components_of_one_release_have_to_be_deployed_alike(world) {
        platform_of_two(&world);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", OF_TWO).write("more.yaml", "site: eu-3\n");
        let refused = |line: &str, why: &str| {
            world.plugin(line).exits(64).warns("agent and gateway are both to be release acme in ml").warns(why);
        };
        let line = |from: &str, to: &str, more: &str| {
            let line = of_two("install", &format!("-n ml --ca ca.pem --skip-probe --dry-run {more}"));
            assert!(line.contains(from));
            line.replacen(from, to, 1)
        };
        let files = "give both the same values files in the same order, as by --gateway-values";
        refused(&line("", "", "--gateway-values more.yaml"), &format!("{files} v.yaml"));
        refused(&line("--agent-values v.yaml", "--agent-values more.yaml --agent-values v.yaml", ""), &format!("{files} more.yaml --gateway-values v.yaml"));
        refused(&line("--gateway-chart platform", "--gateway-chart ./platform", ""), "name that for both, not platform and ./platform");
        refused(&line("", "", "--agent-version 2.0.0"), "give both the same, not 2.0.0 and the newest");
        let targets = |more: &str| world.write(
            "clearml-certs.yaml",
            &format!("certificates: {{acme-root: ca.pem}}\ndefaults: {{values: v.yaml, namespace: ml}}\ntargets:\n  - {{component: agent, release: acme, chart: ./platform}}\n  - {{component: gateway, release: acme, chart: ./platform{more}}}\n"),
        );
        targets(", wave: 1");
        refused("export --to helmfile", "give both the same wave, not 0 and 1");
        targets(", values: [v.yaml, more.yaml]");
        refused("export --to helmfile", files);
    }

    fn an_engine_gets_one_release_of_two_components(world) {
        platform_of_two(&world);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", OF_TWO);
        world.write("clearml-certs.yaml", "certificates: {acme-root: ca.pem}\ndefaults: {values: v.yaml, namespace: ml}\ntargets:\n  - {component: gateway, release: acme, chart: ./platform}\n  - {component: agent, release: acme, chart: ./platform}\n");
        world.plugin("render --check").exits(2).says("v.yaml");
        world.plugin("render --in-place").exits(0);
        world.plugin("render --check").exits(0);
        let exported = world.plugin("export --to helmfile");
        exported.exits(0).says("chart: ./platform").says("- v.yaml");
        assert_eq!(exported.count("name: acme"), 1, "{exported}");
        // One of them alone is what it was.
        let alone = world.plugin("export --to helmfile --only gateway");
        assert_eq!(alone.exits(0).count("name: acme"), 1, "{alone}");
    }

    fn where_one_component_of_a_release_is_refused_the_other_is_held_back(world) {
        platform_of_two(&world);
        world.write("ca.pem", &certificates::ca("Acme Root")).write("v.yaml", OF_TWO);
        let line = of_two("install", "-n ml --ca ca.pem --skip-probe --dry-run --task-pods template");
        world.plugin(&line).exits(0).never_says("release-held-back");
        let elsewhere = "    basePodTemplate: {env: [{name: SSL_CERT_FILE, value: /somewhere/else.pem}]}\n    queues:";
        edited(&world, "v.yaml", "    queues:", elsewhere);
        let told = world.plugin(&line);
        told.exits(3)
            .warns("error[variable-conflict]")
            .warns("error[release-held-back]: release acme in ml has the ClearML Agent in it as well, which is refused: one upgrade deploys both, so it deploys neither")
            .warns("the gateway alone, or --only gateway")
            .never_says("helm upgrade -i");
        assert_eq!(told.count("release-held-back"), 1, "{told}");
        let only = line.replace("install agent gateway", "install gateway").replace("--agent-values v.yaml", "");
        let only = only.replace("--agent-release acme", "").replace("--agent-chart platform", "").replace("--task-pods template", "");
        world.plugin(&only).exits(0).says("helm upgrade -i");
    }
}
