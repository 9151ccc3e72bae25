//! The hash functions, block by block: what HMACs over many keys are built from.
//!
//! The compression functions are those of the crates for each, which use the processor's own
//! instructions where it has them. What stands here is where a message begins (FIPS 180-4 section
//! 5.3, RFC 1321 section 3.3), how it is padded, and how a state is written down.

/// A Merkle–Damgård hash function.
pub(super) trait Hash: Send + Sync + 'static {
    /// The chaining value.
    type State: Copy + Send + Sync;
    /// A message block.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]> + Send + Sync;

    /// Bytes of a block.
    const BLOCK: usize;
    /// Bytes of the result.
    const OUTPUT: usize;
    /// Bytes of the message's length at the end of the padding.
    const LENGTH: usize;
    /// The chaining value before the first block.
    const START: Self::State;
    /// A block of zeros.
    const EMPTY: Self::Block;

    /// Takes in one block.
    fn compress(state: &mut Self::State, block: &Self::Block);

    /// Writes the result to the beginning of `out`.
    fn write(state: &Self::State, out: &mut Self::Block);

    /// The first four bytes of the result, for a quick comparison.
    fn head(state: &Self::State) -> u32;

    /// Writes the length of a message of so many bytes to the end of its last block.
    fn put_length(block: &mut Self::Block, bytes: u64);
}

macro_rules! hash {
    ($name:ident, $state:ty, $block:literal, $output:literal, $length:literal, $compress:path,
     $to_bytes:ident, $head:expr, $start:expr) => {
        pub(super) struct $name;

        impl Hash for $name {
            type State = $state;
            type Block = [u8; $block];

            const BLOCK: usize = $block;
            const OUTPUT: usize = $output;
            const LENGTH: usize = $length;
            const START: Self::State = $start;
            const EMPTY: Self::Block = [0; $block];

            fn compress(state: &mut Self::State, block: &Self::Block) {
                $compress(state, std::slice::from_ref(block));
            }

            fn write(state: &Self::State, out: &mut Self::Block) {
                let words = state.map(|word| word.$to_bytes());
                out[..$output].copy_from_slice(&words.as_flattened()[..$output]);
            }

            fn head(state: &Self::State) -> u32 {
                $head(state[0])
            }

            fn put_length(block: &mut Self::Block, bytes: u64) {
                block[$block - 8..].copy_from_slice(&(bytes * 8).$to_bytes());
            }
        }
    };
}

/// The upper half of a word.
const fn upper(word: u64) -> u32 {
    let bytes = word.to_be_bytes();
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

hash!(
    Md5,
    [u32; 4],
    64,
    16,
    8,
    md5::block_api::compress,
    to_le_bytes,
    u32::swap_bytes,
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
);

hash!(
    Sha1,
    [u32; 5],
    64,
    20,
    8,
    sha1::block_api::compress,
    to_be_bytes,
    std::convert::identity,
    [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
);

hash!(
    Sha224,
    [u32; 8],
    64,
    28,
    8,
    sha2::block_api::compress256,
    to_be_bytes,
    std::convert::identity,
    [
        0xc105_9ed8,
        0x367c_d507,
        0x3070_dd17,
        0xf70e_5939,
        0xffc0_0b31,
        0x6858_1511,
        0x64f9_8fa7,
        0xbefa_4fa4,
    ]
);

hash!(
    Sha256,
    [u32; 8],
    64,
    32,
    8,
    sha2::block_api::compress256,
    to_be_bytes,
    std::convert::identity,
    [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ]
);

hash!(
    Sha384,
    [u64; 8],
    128,
    48,
    16,
    sha2::block_api::compress512,
    to_be_bytes,
    upper,
    [
        0xcbbb_9d5d_c105_9ed8,
        0x629a_292a_367c_d507,
        0x9159_015a_3070_dd17,
        0x152f_ecd8_f70e_5939,
        0x6733_2667_ffc0_0b31,
        0x8eb4_4a87_6858_1511,
        0xdb0c_2e0d_64f9_8fa7,
        0x47b5_481d_befa_4fa4,
    ]
);

hash!(
    Sha512,
    [u64; 8],
    128,
    64,
    16,
    sha2::block_api::compress512,
    to_be_bytes,
    upper,
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ]
);

/// A message of which the beginning is already taken in; a secret is its end.
pub(super) struct Begun<H: Hash> {
    state: H::State,
    /// The part of the beginning that fills no block, and zeros.
    block: H::Block,
    filled: usize,
    length: u64,
}

impl<H: Hash> Begun<H> {
    pub(super) fn new(beginning: &[u8]) -> Self {
        let mut state = H::START;
        let whole = beginning.len() / H::BLOCK * H::BLOCK;
        for chunk in beginning[..whole].chunks_exact(H::BLOCK) {
            let mut block = H::EMPTY;
            block.as_mut().copy_from_slice(chunk);
            H::compress(&mut state, &block);
        }
        let rest = &beginning[whole..];
        let mut block = H::EMPTY;
        block.as_mut()[..rest.len()].copy_from_slice(rest);
        Self { state, block, filled: rest.len(), length: beginning.len() as u64 }
    }

    /// The hash of the beginning and `secret`.
    pub(super) fn hash(&self, secret: &[u8]) -> H::State {
        let (mut state, mut block, mut filled) = (self.state, self.block, self.filled);
        let mut rest = secret;
        while rest.len() >= H::BLOCK - filled {
            let (head, tail) = rest.split_at(H::BLOCK - filled);
            block.as_mut()[filled..].copy_from_slice(head);
            H::compress(&mut state, &block);
            (block, filled, rest) = (H::EMPTY, 0, tail);
        }
        block.as_mut()[filled..filled + rest.len()].copy_from_slice(rest);
        filled += rest.len();
        block.as_mut()[filled] = 0x80;
        if filled + 1 + H::LENGTH > H::BLOCK {
            H::compress(&mut state, &block);
            block = H::EMPTY;
        }
        H::put_length(&mut block, self.length + secret.len() as u64);
        H::compress(&mut state, &block);
        state
    }
}

/// The padded blocks of a message that follows one block of key.
pub(super) fn blocks_after_key<H: Hash>(message: &[u8]) -> Vec<H::Block> {
    let total = (message.len() + 1 + H::LENGTH).div_ceil(H::BLOCK);
    let mut blocks = vec![H::EMPTY; total];
    for (block, chunk) in blocks.iter_mut().zip(message.chunks(H::BLOCK)) {
        block.as_mut()[..chunk.len()].copy_from_slice(chunk);
    }
    blocks[message.len() / H::BLOCK].as_mut()[message.len() % H::BLOCK] = 0x80;
    H::put_length(&mut blocks[total - 1], (H::BLOCK + message.len()) as u64);
    blocks
}
