//! Bodies that the kernel holds as well, in files in memory: an answer of some size over TCP is then sent from there
//! (`sendfile(2)`), where one that is written is copied each time.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{MemfdFlags, memfd_create, sendfile};
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};

use bantin_model::limits::{LENT_BODIES, LENT_BYTES};

/// How many there are.
static LENT: AtomicUsize = AtomicUsize::new(0);

/// A body in a memory file of its own. Nothing writes to it after it was made.
#[derive(Debug)]
pub struct MemfdBody {
    file: File,
    length: usize,
}

impl MemfdBody {
    /// None where a copy costs no more or memory too much, where there are enough already, or where the kernel will not.
    pub fn new(body: &[u8]) -> Option<MemfdBody> {
        if !LENT_BYTES.contains(&body.len()) {
            return None;
        }
        let file = File::from(memfd_create("bantin", MemfdFlags::CLOEXEC).ok()?);
        // It gives its place back when it is dropped, also here.
        let lent = MemfdBody { file, length: body.len() };
        let before = LENT.fetch_add(1, Ordering::Relaxed);
        (before < LENT_BODIES && (&lent.file).write_all(body).is_ok()).then_some(lent)
    }

    /// Sends the head and then the body. Returns how many bytes of both were sent.
    pub fn send(&self, to: impl AsFd, head: &[IoSlice<'_>]) -> io::Result<usize> {
        let length: usize = head.iter().map(|part| part.len()).sum();
        // The head waits for the body, so that both leave together.
        let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
        let sent = sendmsg(&to, head, &mut SendAncillaryBuffer::default(), flags)?;
        if sent < length {
            return Ok(sent);
        }
        // What does not go this way goes the other: the head is out, and an error will come again if it is one.
        let body = sendfile(&to, &self.file, Some(&mut 0), self.length).unwrap_or(0);
        Ok(sent + body)
    }
}

impl Drop for MemfdBody {
    fn drop(&mut self) {
        LENT.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::{Shutdown, TcpListener, TcpStream};

    use rustix::net::sockopt::set_socket_send_buffer_size;

    use super::*;

    #[test]
    fn a_large_body_goes_as_it_is_however_slowly_it_is_taken_and_a_small_one_is_copied() {
        let body: Vec<u8> = (0..120_000_u32).flat_map(u32::to_le_bytes).collect();
        let lent = MemfdBody::new(&body).expect("a file in memory");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let to =
            TcpStream::connect(listener.local_addr().expect("an address")).expect("it is open");
        to.set_nonblocking(true).expect("it can be");
        set_socket_send_buffer_size(&to, 16 * 1024).expect("it can be");
        let (mut from, _) = listener.accept().expect("it came");
        // Each answer of which not all fits leaves a beginning of itself, as a client's would that is slow.
        for head in ["a", "HTTP/1.1 200 OK\r\n\r\n"] {
            let parts = [IoSlice::new(head.as_bytes()), IoSlice::new(b""), IoSlice::new(b"-")];
            let sent = lent.send(&to, &parts).expect("there is room");
            assert!(sent > head.len() && sent < head.len() + 1 + body.len(), "{sent}");
            let whole = [head.as_bytes(), b"-", &body].concat();
            let mut some = vec![0; sent];
            from.read_exact(&mut some).expect("it comes");
            assert!(some == whole[..sent], "{head}: other bytes");
        }
        to.shutdown(Shutdown::Both).expect("it was open");
        let error = lent.send(&to, &[IoSlice::new(b"a")]).expect_err("nobody takes it");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        // How many there are is one number for all tests of this program.
        let small = vec![0; *LENT_BYTES.start()];
        assert!(MemfdBody::new(&small[1..]).is_none());
        assert!(MemfdBody::new(&vec![0; LENT_BYTES.end() + 1]).is_none());
        let all: Vec<MemfdBody> = std::iter::from_fn(|| MemfdBody::new(&small)).collect();
        assert!((1..=LENT_BODIES).contains(&all.len()), "{}", all.len());
        drop(all);
        assert!(MemfdBody::new(&small).is_some());
    }
}
