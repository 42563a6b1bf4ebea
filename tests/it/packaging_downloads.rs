//! Downloading the binary where our users are: behind a proxy that intercepts TLS.

use std::fs;

use crate::support::Helm;
use crate::support::intercepting_proxy::{HOST, InterceptingProxy};
use crate::support::packaging::{Machine, version};
use crate::support::programs;

/// A machine whose only way to the releases leads through a proxy; the proxy's CA lies in `corporate-ca.pem`.
fn machine_behind(
    helm: Helm,
    configure: impl FnOnce(InterceptingProxy) -> InterceptingProxy,
) -> Machine {
    let machine = Machine::new(helm);
    let proxy = configure(InterceptingProxy::new(&machine.path("served")));
    fs::write(machine.path("corporate-ca.pem"), proxy.authority_pem()).unwrap();
    machine
        .with("HELM_CLEARML_CERTS_MIRROR", &format!("https://{HOST}"))
        .with("HTTPS_PROXY", &proxy.start())
}

fn trusting(machine: Machine, variable: &str) -> Machine {
    let file = machine.path("corporate-ca.pem").display().to_string();
    machine.with(variable, &file)
}

/// The machine with wget in the place of curl.
fn with_wget_only(machine: Machine) -> Machine {
    let programs = machine.path("programs");
    fs::remove_file(programs.join("curl")).unwrap();
    programs::link(&["wget", "sleep"], &programs);
    machine
}

fn is_installed_by_helm(helm: Helm) {
    let machine = trusting(machine_behind(helm, |proxy| proxy), "HELM_CLEARML_CERTS_CA");
    let tree = machine.path("plugin").display().to_string();
    machine.install(&tree).succeeds();
    machine
        .helm(&["clearml-certs", "--version"])
        .succeeds()
        .says(version());
}

#[test]
fn helm3_installs_through_an_intercepting_proxy() {
    is_installed_by_helm(Helm::V3);
}

#[test]
fn helm4_installs_through_an_intercepting_proxy() {
    is_installed_by_helm(Helm::V4);
}

/// The hook by itself needs no Helm.
fn machine(configure: impl FnOnce(InterceptingProxy) -> InterceptingProxy) -> Machine {
    machine_behind(Helm::V4, configure)
}

#[test]
fn the_usual_variable_for_a_ca_file_serves_too() {
    let machine = trusting(machine(|proxy| proxy), "SSL_CERT_FILE");
    machine.hook().succeeds().says("installed");
}

#[test]
fn our_own_variable_for_a_ca_file_comes_first() {
    let machine = trusting(machine(|proxy| proxy), "HELM_CLEARML_CERTS_CA")
        .with("SSL_CERT_FILE", "/nowhere/ca.pem");
    machine.hook().succeeds().says("installed");
}

#[test]
fn an_untrusted_proxy_is_told_by_what_to_set() {
    let run = machine(|proxy| proxy).hook();
    run.fails()
        .says("the server's certificate is not trusted")
        .says("HELM_CLEARML_CERTS_CA");
}

#[test]
fn an_error_that_passes_is_tried_again() {
    let machine = machine(|proxy| proxy.failing_first(2));
    trusting(machine, "HELM_CLEARML_CERTS_CA")
        .hook()
        .succeeds()
        .says("installed");
}

#[test]
fn a_proxy_that_wants_a_password_is_told_from_a_server_that_is_away() {
    let machine = machine(|proxy| proxy.refusing("407 Proxy Authentication Required"));
    trusting(machine, "HELM_CLEARML_CERTS_CA")
        .hook()
        .fails()
        .says("407")
        .says("HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT");
}

#[test]
fn a_proxy_that_is_away_is_named() {
    let machine = machine(|proxy| proxy).with("HTTPS_PROXY", "http://nowhere.invalid:3128");
    machine
        .hook()
        .fails()
        .says("the proxy's name cannot be resolved");
}

#[test]
fn no_proxy_is_heeded() {
    let machine = machine(|proxy| proxy).with("NO_PROXY", HOST);
    machine.hook().fails().says("the server cannot be reached");
}

#[test]
fn wget_serves_where_there_is_no_curl() {
    let machine = trusting(
        machine(|proxy| proxy.failing_first(1)),
        "HELM_CLEARML_CERTS_CA",
    );
    with_wget_only(machine).hook().succeeds().says("installed");
}

#[test]
fn wget_tells_an_untrusted_proxy_by_what_to_set() {
    let machine = with_wget_only(machine(|proxy| proxy));
    machine
        .hook()
        .fails()
        .says("the server's certificate is not trusted")
        .says("HELM_CLEARML_CERTS_CA");
}

#[test]
fn without_curl_and_wget_the_way_by_hand_is_named() {
    let machine = with_wget_only(machine(|proxy| proxy));
    fs::remove_file(machine.path("programs/wget")).unwrap();
    machine
        .hook()
        .fails()
        .says("neither curl nor wget is installed")
        .says("HELM_CLEARML_CERTS_ARCHIVE=FILE sh");
}
