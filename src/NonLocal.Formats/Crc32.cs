using System.Buffers.Binary;

namespace NonLocal.Formats;

/// <summary>The CRC-32 of zip, gzip and PNG (ISO 3309, reversed polynomial 0xEDB88320).</summary>
public static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    // Table k holds the effect of a byte that k further bytes follow, so that eight bytes take one step.
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of <paramref name="bytes"/>, continuing <paramref name="previous"/>.</summary>
    /// <param name="bytes">Any number of bytes.</param>
    /// <param name="previous">The checksum of what came before; 0, the default, at the start.</param>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        uint[] tables = Tables;
        uint crc = ~previous;
        while (bytes.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[(7 * 256) + (byte)low] ^ tables[(6 * 256) + (byte)(low >> 8)]
                ^ tables[(5 * 256) + (byte)(low >> 16)] ^ tables[(4 * 256) + (low >> 24)]
                ^ tables[(3 * 256) + (byte)high] ^ tables[(2 * 256) + (byte)(high >> 8)]
                ^ tables[256 + (byte)(high >> 16)] ^ tables[high >> 24];
            bytes = bytes[8..];
        }

        foreach (byte value in bytes)
        {
            crc = tables[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? Polynomial ^ (value >> 1) : value >> 1;
            }

            tables[i] = value;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            uint before = tables[i - 256];
            tables[i] = tables[(byte)before] ^ (before >> 8);
        }

        return tables;
    }
}
