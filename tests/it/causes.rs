//! Certificates that do not arrive for a reason that stands elsewhere: a flag of Helm's, a chart around the chart, a name that
//! is cut. The reason is named.

use crate::support::{Helm, World, certificates, chart, copy_folder};

fn run(world: &World, chart: &str, more: &str) -> crate::support::Run {
    world.plugin(&format!(
        "install agent --ca ca.pem --agent-chart {chart} -n team-a --dry-run {more}"
    ))
}

both_majors! {
    fn a_flag_over_a_list_that_certificates_need_is_named_as_the_cause(world) {
        world.write("ca.pem", &certificates::ca("Acme Root")).write("token.txt", "GIT_USER");
        let template = chart("clearml-enterprise-agent-6.9.3");
        let env = "agentk8sglue.basePodTemplate.env[0]";
        for flags in [
            format!("--set {env}.name=GIT_USER,{env}.value=bot"),
            format!("--set-string {env}.name=GIT_USER --set {env}.value=bot"),
            format!("--set={env}.name=GIT_USER,{env}.value=bot"),
            format!("--set-file {env}.name=token.txt --set {env}.value=bot"),
        ] {
            // With all variables, requests would fall back on CURL_CA_BUNDLE.
            run(&world, &template, &format!("--task-variables documented -- {flags}"))
                .exits(3)
                .warns("error[certificate-not-in-task-pods]")
                .warns("error[flag-over-values]")
                .warns(&format!("{env}.value=…"))
                .never_says("=bot");
        }
        let known = chart("clearml-enterprise-agent-6.14.6");
        run(&world, &known, "-- --set customCertificates.extraCerts=null")
            .exits(3)
            .warns("error[flag-over-values]: --set customCertificates.extraCerts=… counts for more than")
            .never_says("use the vendor's chart");
        run(&world, &known, "-- --set-file customCertificates.overrideCaCertificatesCrt=ca.pem")
            .exits(3)
            .warns("error[flag-over-values]: --set-file customCertificates.overrideCaCertificatesCrt=…")
            .warns("mutually exclusive");
        // Where it may pass, what no rendering has told is still not written.
        let one = "customCertificates.extraCerts[0]";
        world
            .plugin(&format!("render agent --ca ca.pem --mode replace --agent-chart {template} --in-place --ignore flag-over-values -- --set {one}.alias=x,{one}.pem=y"))
            .exits(3)
            .warns("warning[flag-over-values]")
            .warns("error[bundle-name-unknown]: clearml-enterprise-agent 6.9.3 does not render and so does not tell the ConfigMap of the replaced bundle");
        assert!(!world.path("clearml-agent-values.override.yaml").exists());
        // What takes nothing away is nobody's cause.
        run(&world, &template, "-- --set agentk8sglue.basePodTemplate.nodeSelector.gpu=yes")
            .exits(0)
            .never_says("flag-over-values");
    }
}

either_major! {
    fn names_that_the_chart_cuts_to_one_are_found(world) {
        world.write("ca.pem", &certificates::ca("Acme Root")).write("two.pem", &certificates::ca("Other Root"));
        let copy = world.path("chart");
        copy_folder(chart("clearml-enterprise-agent-6.14.6").as_ref(), &copy);
        let file = copy.join("templates/_custom-certificates.tpl");
        let text = std::fs::read_to_string(&file).unwrap();
        let name = "name: {{ $.name }}-custom-ca-{{ $index }}";
        assert_eq!(text.matches(name).count(), 2);
        let cut = "name: {{ printf \"%s-custom-ca-%d\" $.name $index | trunc 48 }}";
        std::fs::write(&file, text.replace(name, cut)).unwrap();
        run(&world, "chart", "--ca two.pem")
            .exits(3)
            .warns("error[object-twice]: 2 objects with certificates are rendered as ConfigMap")
            .warns("the name has 48 characters");
        run(&world, "chart", "").exits(0).never_says("object-twice");
    }
}
