//! The ciphers of encrypted session cookies, over byte slices. Wrong keys, wrong lengths and failed
//! checks all give `None`: a cookie either opens or it does not.

use aes::cipher::block_padding::{NoPadding, Padding, Pkcs7};
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::{Aead, Nonce, Payload};
use chacha20poly1305::XChaCha20Poly1305;

use crate::session::mac::Digest;

/// AES-CBC with PKCS #7 padding; the key's length chooses between AES-128 and AES-256.
pub fn aes_cbc(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    aes_cbc_with::<Pkcs7>(key, iv, text)
}

/// AES-CBC whose plaintext fills whole blocks by other means.
pub fn aes_cbc_unpadded(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    aes_cbc_with::<NoPadding>(key, iv, text)
}

fn aes_cbc_with<P: Padding>(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => cbc::<Aes128, P>(key, iv, text),
        32 => cbc::<Aes256, P>(key, iv, text),
        _ => None,
    }
}

fn cbc<C, P>(key: &[u8], iv: &[u8], text: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherDecrypt + KeyInit,
    cbc::Decryptor<C>: KeyIvInit + InnerIvInit + BlockModeDecrypt,
    P: Padding,
{
    let decryptor = <cbc::Decryptor<C> as KeyIvInit>::new_from_slices(key, iv).ok()?;
    decryptor.decrypt_padded_vec::<P>(text).ok()
}

/// AES-GCM; the key's length chooses between AES-128 and AES-256.
pub fn aes_gcm(key: &[u8], nonce: &[u8], aad: &[u8], text: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    match key.len() {
        16 => aead::<aes_gcm::Aes128Gcm>(key, nonce, aad, text, tag),
        32 => aead::<aes_gcm::Aes256Gcm>(key, nonce, aad, text, tag),
        _ => None,
    }
}

/// XChaCha20-Poly1305 with a nonce of 24 bytes.
pub fn xchacha(key: &[u8], nonce: &[u8], aad: &[u8], text: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    aead::<XChaCha20Poly1305>(key, nonce, aad, text, tag)
}

fn aead<C: Aead + aes_gcm::KeyInit>(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    text: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    let cipher = C::new_from_slice(key).ok()?;
    let nonce = Nonce::<C>::try_from(nonce).ok()?;
    let sealed = [text, tag].concat();
    cipher.decrypt(&nonce, Payload { msg: &sealed, aad }).ok()
}

/// PBKDF2 with HMAC over SHA-1 or SHA-256 (RFC 8018); other digests give `None`.
pub fn pbkdf2(digest: Digest, secret: &[u8], salt: &[u8], rounds: u32, length: usize) -> Option<Vec<u8>> {
    let mut key = vec![0; length];
    match digest {
        Digest::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(secret, salt, rounds, &mut key),
        Digest::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(secret, salt, rounds, &mut key),
        _ => return None,
    }
    Some(key)
}

/// HKDF with SHA-256 (RFC 5869).
pub fn hkdf(secret: &[u8], salt: &[u8], info: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut key = vec![0; length];
    hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), secret).expand(info, &mut key).ok()?;
    Some(key)
}
