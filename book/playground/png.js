// A note inside a PNG: what to draw to see the picture again (t2i_utils/drawing/saved_picture.py).

const CRC = Uint32Array.from({ length: 256 }, (_, i) => {
  for (let bit = 0; bit < 8; bit++) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1;
  return i;
});

function textChunk(key, text) {
  const encoder = new TextEncoder();
  // International text: a key, five zeros (not compressed, no language), the text in UTF-8.
  const data = encoder.encode(`iTXt${key}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(data.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length - 4);
  chunk.set(data, 4);
  let crc = 0xffffffff;
  for (const byte of data) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  view.setUint32(data.length + 4, ~crc >>> 0);
  return chunk;
}

/** The PNG with texts {key: text} after its first chunk. */
export async function withTexts(png, texts) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const afterHeader = 8 + 4 + 4 + 13 + 4;
  const chunks = Object.entries(texts).map(([key, text]) => textChunk(key, text));
  return new Blob([bytes.subarray(0, afterHeader), ...chunks, bytes.subarray(afterHeader)],
    { type: "image/png" });
}
