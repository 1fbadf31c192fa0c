using System.Buffers.Binary;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>Turns the samples of a PNG row (1 to 16 bits, palette, transparent colour) into 8-bit samples of a picture.</summary>
internal sealed class PngSamples
{
    private readonly PngHeader header;
    private readonly ReadOnlyMemory<byte> palette;
    private readonly ReadOnlyMemory<byte> transparency;

    /// <summary>How a picture of <paramref name="file"/> stores its pixels.</summary>
    public PngSamples(PngFile file)
    {
        header = file.Header;
        palette = file.Palette;
        transparency = file.Transparency;
        int colours = header.Colour == PngColour.Palette ? 3 : header.Samples;
        Channels = transparency.IsEmpty ? colours : colours + 1;
    }

    /// <summary>Channels of the picture: those of the file, palettes as RGB, one more for alpha where there is a tRNS chunk.</summary>
    public int Channels { get; }

    /// <summary>Stores one row of a pass.</summary>
    /// <param name="row">The row's samples as the file packs them, [columns, samples].</param>
    /// <param name="columns">Pixels in it.</param>
    /// <param name="pass">The pass, which says where in the picture's row the pixels go.</param>
    /// <param name="y">The picture's row, for messages.</param>
    /// <param name="target">The picture's row, [width, <see cref="Channels"/>].</param>
    public void Store(ReadOnlySpan<byte> row, int columns, in PngPass pass, int y, Span<byte> target)
    {
        if (header.Colour == PngColour.Palette)
        {
            StorePalette(row, columns, pass, y, target);
        }
        else if (header.Depth == 8 && transparency.IsEmpty && pass.StepX == 1)
        {
            row.CopyTo(target);
        }
        else
        {
            StoreDirect(row, columns, pass, target);
        }
    }

    /// <summary>A 16-bit sample as 8 bits: value × 255 ÷ 65535, rounded to nearest.</summary>
    internal static byte Reduce(int sample) => (byte)(((sample * 255) + 32895) >> 16);

    private void StorePalette(ReadOnlySpan<byte> row, int columns, in PngPass pass, int y, Span<byte> target)
    {
        ReadOnlySpan<byte> colours = palette.Span;
        ReadOnlySpan<byte> alphas = transparency.Span;
        for (int i = 0; i < columns; i++)
        {
            int entry = Sample(row, i);
            int x = pass.StartX + (i * pass.StepX);
            if (3 * entry >= colours.Length)
            {
                throw new FileFormatException(
                    $"the pixel in column {x} of row {y} has palette entry {entry}, but the palette has {colours.Length / 3}");
            }

            Span<byte> pixel = target.Slice(x * Channels, Channels);
            colours.Slice(3 * entry, 3).CopyTo(pixel);
            if (Channels == 4)
            {
                pixel[3] = entry < alphas.Length ? alphas[entry] : byte.MaxValue;
            }
        }
    }

    private void StoreDirect(ReadOnlySpan<byte> row, int columns, in PngPass pass, Span<byte> target)
    {
        int samples = header.Samples;
        Span<int> key = stackalloc int[4];
        bool hasKey = TryReadKey(key);
        for (int i = 0; i < columns; i++)
        {
            Span<byte> pixel = target.Slice((pass.StartX + (i * pass.StepX)) * Channels, Channels);
            bool isKey = hasKey;
            for (int c = 0; c < samples; c++)
            {
                // The transparent colour is compared at the file's own depth, before samples are reduced.
                int sample = Sample(row, (i * samples) + c);
                isKey = isKey && sample == key[c];
                pixel[c] = ToByte(sample);
            }

            if (Channels > samples)
            {
                pixel[samples] = isKey ? (byte)0 : byte.MaxValue;
            }
        }
    }

    // One 16-bit number a sample, of which a picture of fewer bits uses the lowest.
    private bool TryReadKey(Span<int> key)
    {
        ReadOnlySpan<byte> stored = transparency.Span;
        for (int c = 0; 2 * c < stored.Length; c++)
        {
            key[c] = BinaryPrimitives.ReadUInt16BigEndian(stored[(2 * c)..]) & ((1 << header.Depth) - 1);
        }

        return !stored.IsEmpty;
    }

    private int Sample(ReadOnlySpan<byte> row, int index)
    {
        if (header.Depth == 16)
        {
            return BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]);
        }

        // Several samples a byte, the first in its highest bits.
        int bit = index * header.Depth;
        return (row[bit >> 3] >> (8 - header.Depth - (bit & 7))) & ((1 << header.Depth) - 1);
    }

    // 1, 2 and 4 bits reach 255 by an exact factor: 255, 85, 17.
    private byte ToByte(int sample) => header.Depth switch
    {
        16 => Reduce(sample),
        8 => (byte)sample,
        _ => (byte)(sample * (255 / ((1 << header.Depth) - 1))),
    };
}
