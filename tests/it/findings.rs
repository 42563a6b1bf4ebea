//! Findings in `install` and `render`: what stops a run, and how the user lets it pass.

use crate::support::authority::{authority, server};
use crate::support::{Helm, World, certificates, chart};

fn dry_run(world: &World, more: &str) -> crate::support::Run {
    let chart = chart("clearml-enterprise-agent-6.9.3");
    world.plugin(&format!(
        "install agent --ca ca.pem --chart {chart} -n team-a --dry-run {more}"
    ))
}

both_majors! {
    fn a_bundle_of_public_roots_takes_one_line(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("mozilla.pem", include_str!("../support/public-bundle.pem"));
        let line = |more: &str| format!("--ca mozilla.pem {more}");
        let run = dry_run(&world, &line(""));
        run.exits(0)
            .warns("note[public-roots-left-aside]: 5 public roots are left aside")
            .says(" and 5 public CAs of mozilla.pem, the first until ")
            .says("acme-root")
            .never_says("isrg-root-x1");
        let run = dry_run(&world, &line("--mode replace"));
        run.exits(0).says(" and 5 public CAs of mozilla.pem, the first until ");
        assert_eq!(run.stderr.matches("ISRG").count(), 0, "{run}");
        run.says("✓ acme-root and 5 public CAs")
            .says("<5 public CAs, the first until ")
            .says("(--show-certificates lists them)");
        assert_eq!(run.stdout.matches("ISRG Root X1, ").count(), 0, "{run}");
        dry_run(&world, &line("--mode replace --show-certificates"))
            .exits(0)
            .says("<certificate ISRG Root X1, ")
            .never_says("public CAs, the first");
        // One that is named is meant.
        let first = include_str!("../support/public-bundle.pem").split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
        world.write("one.pem", first);
        dry_run(&world, "--ca isrg=one.pem").exits(0).says("isrg");
    }

    fn an_error_stops_install_and_render_until_it_is_ignored_by_its_code(world) {
        world.write("ca.pem", &certificates::expired_ca("Acme Root"));
        dry_run(&world, "")
            .exits(3)
            .warns("error[certificate-expired]")
            .never_says("helm upgrade -i");
        dry_run(&world, "--ignore certificate-expired")
            .exits(0)
            .says("helm upgrade -i")
            .warns("warning[certificate-expired]")
            .warns("let pass by --ignore");
        let chart = chart("clearml-enterprise-agent-6.9.3");
        let render = |more: &str| world.plugin(&format!("render agent --ca ca.pem --chart {chart} {more}"));
        render("").exits(3).warns("error[certificate-expired]");
        render("--ignore certificate-expired").exits(0).says("extraCerts");
    }

    fn a_code_that_does_not_exist_or_cannot_be_ignored_is_a_usage_error(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        dry_run(&world, "--ignore certificate-expird").exits(64).warns("did you mean certificate-expired?");
        dry_run(&world, "--ignore both-modes").exits(64).warns("cannot be ignored");
        dry_run(&world, "--ignore mode-switched").exits(64).warns("stops nothing");
    }

    fn the_days_until_an_expiry_is_worth_a_warning_are_chosen(world) {
        world.write("ca.pem", &authority("Acme Root").days(-10, 100).self_signed().pem());
        dry_run(&world, "").exits(0).never_says("certificate-expires-soon");
        dry_run(&world, "--expires-within 120").exits(0).warns("warning[certificate-expires-soon]");
    }

    fn a_ca_that_may_not_vouch_for_the_servers_of_the_values_is_named(world) {
        // permitted DNS:acme.example
        let constrained = authority("Acme Root").with("2.5.29.30", true, "3012A010300E820C61636D652E6578616D706C65");
        world.write("ca.pem", &constrained.self_signed().pem());
        let values = |host: &str| format!("agentk8sglue:\n  apiServerUrlReference: https://{host}\n");
        world.write("clearml-agent-values.override.yaml", &values("api.other.example"));
        dry_run(&world, "").exits(0).warns("name-constraints-exclude-servers").warns("api.other.example");
        world.write("clearml-agent-values.override.yaml", &values("api.acme.example"));
        dry_run(&world, "").exits(0).never_says("name-constraints");
    }

    fn the_chart_of_another_component_is_refused(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let chart = chart("clearml-enterprise-agent-6.14.6");
        world
            .plugin(&format!("install gateway --ca ca.pem --chart {chart} --release gw -n team-a --dry-run"))
            .exits(3)
            .warns("error[chart-of-another-component]")
            .warns("--gateway-chart");
    }

    fn what_is_in_the_file_already_is_judged_with_what_is_given(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let old = certificates::expired_ca("Acme Old Root");
        let file = format!(
            "customCertificates:\n  extraCerts:\n    - alias: old\n      pem: |\n        {}\n",
            old.trim().replace('\n', "\n        ")
        );
        world.write("clearml-agent-values.override.yaml", &file);
        let said = "[certificate-expired]: CN=Acme Old Root, O=Acme (clearml-agent-values.override.yaml:3) expired";
        dry_run(&world, "").exits(0).warns(&format!("warning{said}"));
        let line = format!("render agent --ca ca.pem --chart {} --task-pods off", chart("clearml-enterprise-agent-6.9.3"));
        world.plugin(&format!("{line} --check")).exits(3).warns(&format!("error{said}"));
        world.plugin(&format!("{line} --check --ignore certificate-expired")).exits(2);
        // An issuer that is there is no missing one.
        let root = authority("Acme Trust").self_signed();
        let issuing = authority("Acme Issuing").issued_by(&root);
        world.write("ca.pem", &issuing.pem());
        dry_run(&world, "").exits(0).warns("intermediate-without-root");
        let file = format!(
            "customCertificates:\n  extraCerts:\n    - alias: trust\n      pem: |\n        {}\n",
            root.pem().trim().replace('\n', "\n        ")
        );
        world.write("clearml-agent-values.override.yaml", &file);
        dry_run(&world, "").exits(0).never_says("intermediate-without-root");
    }

    fn a_servers_own_certificate_is_no_ca_to_deploy(world) {
        let root = authority("Acme Trust").self_signed();
        world.write("ca.pem", &server("api.acme.example").issued_by(&root).pem());
        dry_run(&world, "").exits(3).warns("error[certificate-not-a-ca]");
        dry_run(&world, "--ignore certificate-not-a-ca").exits(0);
        world.plugin("inspect ca.pem").exits(0).warns("warning[certificate-not-a-ca]");
    }

    fn a_dry_run_that_cannot_ask_the_cluster_does_not_say_that_something_would_change(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        dry_run(&world, "").exits(0);
        dry_run(&world, "--detailed-exitcode").exits(1).warns("the cluster could not be asked");
    }

    fn a_certificate_is_shown_by_the_alias_that_it_gets_in_the_file(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let chart = chart("clearml-enterprise-agent-6.14.6");
        world.plugin(&format!("render agent --ca ca.pem --chart {chart} --in-place")).exits(0);
        world.write("ca.pem", &certificates::ca("Acme Root"));
        dry_run(&world, "").exits(0).says(" acme-root-2  Acme Root");
    }
}
