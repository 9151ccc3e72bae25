//! The ciphers of encrypted session cookies, over byte slices. Wrong keys, wrong lengths and failed
//! checks all give `None`: a cookie either opens or it does not.

use aes::cipher::block_padding::{NoPadding, Padding, Pkcs7};
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::{U12, U16};
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

/// AES-GCM; the key's length chooses between AES-128 and AES-256. Nonces have 12 bytes, or the 16
/// that Java applications use.
pub fn aes_gcm(key: &[u8], nonce: &[u8], aad: &[u8], text: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    match (key.len(), nonce.len()) {
        (16, 12) => aead::<AesGcm<Aes128, U12>>(key, nonce, aad, text, tag),
        (32, 12) => aead::<AesGcm<Aes256, U12>>(key, nonce, aad, text, tag),
        (16, 16) => aead::<AesGcm<Aes128, U16>>(key, nonce, aad, text, tag),
        (32, 16) => aead::<AesGcm<Aes256, U16>>(key, nonce, aad, text, tag),
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
pub fn pbkdf2(
    digest: Digest,
    secret: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Option<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::encoding::hex;

    #[test]
    fn nonces_of_twelve_and_sixteen_bytes_open_and_a_changed_tag_does_not() {
        let key = [7; 16];
        let sealed12 = AesGcm::<Aes128, U12>::new(&key.into()).encrypt(&[1; 12].into(), &b"hi"[..]);
        let sealed16 = AesGcm::<Aes128, U16>::new(&key.into()).encrypt(&[1; 16].into(), &b"hi"[..]);
        for (nonce, sealed) in [(&[1; 12][..], sealed12), (&[1; 16][..], sealed16)] {
            let mut sealed = sealed.unwrap();
            let open = |sealed: &[u8]| aes_gcm(&key, nonce, b"", &sealed[..2], &sealed[2..]);
            assert_eq!(open(&sealed).as_deref(), Some(&b"hi"[..]));
            sealed[5] ^= 1;
            assert_eq!(open(&sealed), None);
        }
    }

    #[test]
    fn wrong_lengths_open_nothing() {
        assert_eq!(aes_cbc(&[0; 15], &[0; 16], &[0; 16]), None);
        assert_eq!(aes_cbc(&[0; 16], &[0; 15], &[0; 16]), None);
        assert_eq!(aes_cbc(&[0; 16], &[0; 16], &[0; 15]), None);
        assert_eq!(aes_gcm(&[0; 16], &[0; 11], b"", b"", &[0; 16]), None);
        assert_eq!(xchacha(&[0; 32], &[0; 12], b"", b"", &[0; 16]), None);
    }

    /// RFC 6070, second case; RFC 5869, third case.
    #[test]
    fn derived_keys_match_the_published_ones() {
        let key = pbkdf2(Digest::Sha1, b"password", b"salt", 2, 20);
        assert_eq!(key, hex(b"ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"));
        let key = hkdf(&[0x0b; 22], b"", b"", 42);
        let expected =
            b"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(key, hex(expected));
    }
}
