//! The documents, as the server keeps them. What is verified later is this copy, never what a page
//! sends a second time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use sha2::Digest;
use sha2::Sha256;

/// A stored file.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its number.
    pub(crate) id: u64,
    /// Its name as uploaded.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) content: Vec<u8>,
    /// SHA-256 of the bytes.
    pub(crate) digest: [u8; 32],
}

/// The last [`ROOM`] documents, in memory.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    documents: VecDeque<Arc<Document>>,
    last: u64,
}

impl Shelf {
    /// Stores a file; the oldest makes room.
    pub(crate) fn put(&self, name: String, content: Vec<u8>) -> Arc<Document> {
        let digest = Sha256::digest(&content).into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let document = Arc::new(Document { id: kept.last, name, content, digest });
        kept.documents.push_back(Arc::clone(&document));
        if kept.documents.len() > ROOM {
            kept.documents.pop_front();
        }
        document
    }

    /// The document with this number.
    pub(crate) fn find(&self, id: u64) -> Option<Arc<Document>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.documents.iter().find(|document| document.id == id).cloned()
    }
}

const ROOM: usize = 32;
