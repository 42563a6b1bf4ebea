//! Reading a packaged chart, so that no helm call has to.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Component as Part, Path};

use anyhow::{Context as _, Result, bail};
use flate2::bufread::MultiGzDecoder;
use tar::Archive;

/// Helm itself unpacks no more (`MaxDecompressedChartSize`, pkg/chart/loader/archive).
const LARGEST: u64 = 100 * 1024 * 1024;

/// More than any Chart.yaml or values.yaml has: a release with its chart fits into a Secret of 1 MiB.
const LARGEST_TEXT: u64 = 8 * 1024 * 1024;

/// Goes through the files of a packaged chart; `visit` gets the path of each below the chart's folder, and its content to read.
///
/// # Errors
/// The file is no such archive, unpacks to more than Helm would take, or `visit` fails.
pub(super) fn visit(
    path: &Path,
    visit: impl FnMut(String, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    visit_read(&path.display().to_string(), BufReader::new(file), visit)
}

/// The same of a packaged chart that lies in another; `shown` is its name for people.
pub(super) fn visit_read(
    shown: &str,
    packed: impl BufRead,
    visit: impl FnMut(String, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let unpacked = MultiGzDecoder::new(packed).take(LARGEST);
    let mut archive = Archive::new(unpacked);
    let read = entries(&mut archive, visit);
    if archive.into_inner().limit() == 0 {
        bail!(
            "{shown} unpacks to more than {} MiB, which is more than Helm takes",
            LARGEST / 1024 / 1024
        );
    }
    read.with_context(|| format!("{shown} is no .tgz"))
}

fn entries(
    archive: &mut Archive<impl Read>,
    mut visit: impl FnMut(String, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = below_folder(&entry.path()?);
        if let (Some(name), true) = (name, entry.header().entry_type().is_file()) {
            visit(name, &mut entry)?;
        }
    }
    Ok(())
}

/// The texts of a packaged chart's own Chart.yaml and values.yaml; those of charts in it do not count.
///
/// # Errors
/// The file is no packaged chart.
pub(super) fn metadata_and_values(path: &Path) -> Result<(String, String)> {
    let (mut metadata, mut values) = (None, String::new());
    visit(path, |name, content| {
        let place = match name.as_str() {
            "Chart.yaml" => metadata.insert(String::new()),
            "values.yaml" => &mut values,
            _ => return Ok(()),
        };
        content
            .take(LARGEST_TEXT)
            .read_to_string(place)
            .with_context(|| format!("{}: cannot read {name}", path.display()))?;
        if place.len() as u64 == LARGEST_TEXT {
            bail!("{name} has more than {} MiB", LARGEST_TEXT / 1024 / 1024);
        }
        Ok(())
    })?;
    match metadata {
        Some(metadata) => Ok((metadata, values)),
        None => bail!("{} is no chart: it holds no Chart.yaml", path.display()),
    }
}

/// The path below the folder that a chart is packed in: of `NAME/templates/a.yaml`, `templates/a.yaml`.
fn below_folder(path: &Path) -> Option<String> {
    let parts = path
        .components()
        .filter(|part| !matches!(part, Part::CurDir))
        .skip(1);
    let names: Vec<String> = parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    (!names.is_empty()).then(|| names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn packed(files: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let encoder = GzEncoder::new(file.reopen().unwrap(), Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
        file
    }

    #[test]
    fn the_charts_own_files_are_read_and_not_those_of_its_dependencies() {
        let file = packed(&[
            ("a/charts/b/Chart.yaml", "name: b"),
            ("a/Chart.yaml", "name: a"),
            ("a/values.yaml", "x: 1"),
            ("a/charts/b/values.yaml", "x: 2"),
        ]);
        let read = metadata_and_values(file.path()).unwrap();
        assert_eq!(read, ("name: a".to_owned(), "x: 1".to_owned()));
    }

    #[test]
    fn every_file_has_its_path_below_the_charts_folder() {
        let file = packed(&[("./a/Chart.yaml", "name: a"), ("./a/templates/b.yaml", "b")]);
        let mut names = Vec::new();
        visit(file.path(), |name, _| {
            names.push(name);
            Ok(())
        })
        .unwrap();
        assert_eq!(names, ["Chart.yaml", "templates/b.yaml"]);
    }

    #[test]
    fn what_unpacks_to_more_than_helm_takes_is_refused() {
        let zeros = "0".repeat(60 * 1024 * 1024);
        let file = packed(&[
            ("a/Chart.yaml", "name: a"),
            ("a/x", &zeros),
            ("a/y", &zeros),
        ]);
        assert!(file.path().metadata().unwrap().len() < 1024 * 1024);
        let error = visit(file.path(), |_, _| Ok(())).unwrap_err();
        assert!(error.to_string().contains("more than 100 MiB"), "{error}");
        let values = "#".repeat(20 * 1024 * 1024);
        let file = packed(&[("a/Chart.yaml", "name: a"), ("a/values.yaml", &values)]);
        let error = metadata_and_values(file.path()).unwrap_err();
        assert!(
            format!("{error:#}").contains("values.yaml has more than 8 MiB"),
            "{error:#}"
        );
    }

    #[test]
    fn what_is_no_packaged_chart_is_said() {
        let without = packed(&[("a/values.yaml", "x: 1")]);
        let error = metadata_and_values(without.path()).unwrap_err();
        assert!(error.to_string().contains("no Chart.yaml"), "{error}");
        let mut text = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut text, b"hello").unwrap();
        assert!(metadata_and_values(text.path()).is_err());
    }
}
