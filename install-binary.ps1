# Puts the plugin's binary into bin\ on Windows: the counterpart of install-binary.sh, with the same variables.
# docs/install.md explains them. Run it by hand where Helm finds no sh for its hook.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$here = $PSScriptRoot
$binary = 'helm-clearml-certs.exe'
$work = $null

function Say([string[]] $lines) {
    foreach ($line in $lines) { [Console]::Error.WriteLine("clearml-certs: $line") }
}

function Fail([string[]] $lines) {
    Say $lines
    exit 1
}

function Find-Line([string] $file, [string] $pattern) {
    $match = Select-String -LiteralPath (Join-Path $here $file) -Pattern $pattern | Select-Object -First 1
    if ($match) { $match.Matches[0].Groups[1].Value }
}

# The SHA-256 that the plugin's own tree holds for an archive; nothing if it holds none.
function Get-ListedSum([string] $archive) {
    $list = Join-Path $here 'checksums'
    if (-not (Test-Path -LiteralPath $list)) { return $null }
    foreach ($line in Get-Content -LiteralPath $list) {
        $sum, $name = $line -split '\s+', 2
        if ($name -eq $archive) { return $sum }
    }
}

function Save-Archive([string] $url, [string] $file) {
    Say "downloading $url"
    $ca = if ($env:HELM_CLEARML_CERTS_CA) { $env:HELM_CLEARML_CERTS_CA } else { $env:SSL_CERT_FILE }
    if ($ca -and -not (Test-Path -LiteralPath $ca)) { Fail "the CA file $ca cannot be read." }
    # curl.exe is part of Windows 10 and newer. It honours HTTPS_PROXY; with a CA file it must not ask for revocation lists.
    $arguments = @('--fail', '--location', '--silent', '--show-error', '--retry', '3', '--retry-delay', '1',
        '--connect-timeout', '20', '--output', $file)
    if ($ca) { $arguments += @('--cacert', $ca, '--ssl-no-revoke') }
    & curl.exe @arguments $url
    if ($LASTEXITCODE -ne 0) {
        Fail @("could not download $url (curl $LASTEXITCODE; its message is above).",
            'Behind a proxy set HTTPS_PROXY; if it intercepts TLS, set HELM_CLEARML_CERTS_CA to a PEM file with its CA.',
            'Without network: fetch that file elsewhere and set HELM_CLEARML_CERTS_ARCHIVE to its path.')
    }
}

function Install-Archive([string] $file) {
    if (-not (Test-Path -LiteralPath $file)) { Fail "there is no file $file; it has to be the path of $archive." }
    if (-not $sum) { Fail "checksums has no line for $archive, so $file cannot be verified: nothing was installed." }
    $actual = (Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash.ToLowerInvariant()
    if ($actual -ne $sum) {
        Fail @("the SHA-256 of $file is wrong: nothing was installed.", "  expected $sum", "  found    $actual")
    }
    & tar.exe -xzf $file -C $work "./bin/$binary"
    if ($LASTEXITCODE -ne 0) { Fail "$file could not be unpacked; tar's message is above." }
    Publish-Binary (Join-Path $work "bin\$binary")
}

function Build-FromSource {
    if (-not (Test-Path -LiteralPath (Join-Path $here 'src\main.rs'))) {
        Fail "$here holds no sources to build the plugin from, and no archive is listed for windows-$machine."
    }
    if (-not (Get-Command cargo -ErrorAction SilentlyContinue)) {
        Fail 'cargo was not found, and the plugin has to be built from source. Install Rust: https://rustup.rs'
    }
    Say "building $version from source with cargo, which takes some minutes"
    # In the place of scripts/openssl-perl, which Windows cannot run; the binary gets larger.
    if (-not $env:OPENSSL_SRC_PERL) { $env:OPENSSL_SRC_PERL = 'perl' }
    & cargo build --release --locked --manifest-path (Join-Path $here 'Cargo.toml') --target-dir $work
    if ($LASTEXITCODE -ne 0) { Fail 'cargo could not build the plugin; its messages are above.' }
    Publish-Binary (Join-Path $work "release\$binary")
}

function Publish-Binary([string] $built) {
    $found = & $built --version
    if ($found -ne "clearml-certs $version") { Fail "the binary says it is '$found', but plugin.yaml wants $version." }
    New-Item -ItemType Directory -Force -Path (Join-Path $here 'bin') | Out-Null
    Move-Item -Force -LiteralPath $built -Destination (Join-Path $here "bin\$binary")
    Say "installed $version"
}

if ($env:HELM_CLEARML_CERTS_SKIP) {
    Say @('HELM_CLEARML_CERTS_SKIP is set: no binary was installed.', "Put it at $here\bin\$binary yourself.")
    exit 0
}

$version = Find-Line 'plugin.yaml' '^version: *"?([^" ]+)'
if (-not $version) { Fail 'plugin.yaml names no version: remove the plugin and install it again.' }
$machine = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } else { 'amd64' }
$archive = "clearml-certs-$version-windows-$machine.tar.gz"
$sum = Get-ListedSum $archive
$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
    if ($env:HELM_CLEARML_CERTS_BUILD) {
        Build-FromSource
    } elseif ($env:HELM_CLEARML_CERTS_ARCHIVE) {
        Install-Archive $env:HELM_CLEARML_CERTS_ARCHIVE
    } elseif ($sum) {
        $base = $env:HELM_CLEARML_CERTS_MIRROR
        if (-not $base) { $base = (Find-Line 'Cargo.toml' '^repository = "([^"]*)"') + '/releases/download' }
        $file = Join-Path $work $archive
        Save-Archive "$base/v$version/$archive" $file
        Install-Archive $file
    } else {
        Say "no release archive of $version for windows-$machine is listed in checksums."
        Build-FromSource
    }
} finally {
    Remove-Item -Recurse -Force -LiteralPath $work
}
