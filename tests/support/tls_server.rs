//! TLS servers on the loopback that present whatever a test wants.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod, SslOptions, SslVersion};

use super::authority::Issued;

/// A server on a free port that presents `chain`, its own certificate first; it ends with the test.
pub fn serve(chain: &[&Issued]) -> u16 {
    serve_with(chain, |_| {})
}

/// A server that speaks nothing newer than TLS 1.1.
pub fn serve_old(chain: &[&Issued]) -> u16 {
    serve_with(chain, |builder| {
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder
            .set_min_proto_version(Some(SslVersion::TLS1))
            .unwrap();
        builder
            .set_max_proto_version(Some(SslVersion::TLS1_1))
            .unwrap();
        builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    })
}

/// A server that takes connections and never says a word.
pub fn serve_silence() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            open.push(stream);
        }
    });
    port
}

fn serve_with(chain: &[&Issued], change: impl FnOnce(&mut SslAcceptorBuilder)) -> u16 {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&chain[0].x509).unwrap();
    builder.set_private_key(&chain[0].key).unwrap();
    for one in &chain[1..] {
        builder.add_extra_chain_cert(one.x509.clone()).unwrap();
    }
    change(&mut builder);
    let acceptor = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Ok(mut tls) = acceptor.accept(stream) {
                let _ = tls.read(&mut [0]);
                let _ = tls.write(b"");
            }
        }
    });
    port
}

/// A server that presents `chain` and answers every request: there is no such page.
pub fn serve_pages(chain: &[&Issued]) -> u16 {
    const ANSWER: &[u8] =
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&chain[0].x509).unwrap();
    builder.set_private_key(&chain[0].key).unwrap();
    for one in &chain[1..] {
        builder.add_extra_chain_cert(one.x509.clone()).unwrap();
    }
    let acceptor = std::sync::Arc::new(builder.build());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let acceptor = acceptor.clone();
            std::thread::spawn(move || {
                if let Ok(mut tls) = acceptor.accept(stream) {
                    let _ = tls.read(&mut [0; 4096]);
                    let _ = tls.write_all(ANSWER);
                    let _ = tls.shutdown();
                }
            });
        }
    });
    port
}
