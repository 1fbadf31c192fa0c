using System.Globalization;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Vision.Datasets;

/// <summary>
/// The entries of a tar archive that lies in memory (POSIX.1-2001 ustar and pax, GNU long names, base-256 sizes). Names are only
/// text here: nothing is ever extracted. Written by hand because a size in a header must not make anybody allocate.
/// </summary>
internal static class TarArchive
{
    private const int Block = 512;
    private const int SizeField = 124;
    private const int ChecksumField = 148;
    private const int TypeField = 156;
    private const int MagicField = 257;
    private const int PrefixField = 345;

    private static readonly UTF8Encoding Text = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether the bytes have the mark of a tar archive.</summary>
    public static bool IsTar(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Block && bytes.Slice(MagicField, 5).SequenceEqual("ustar"u8);

    /// <summary>The entries in the order of the archive: files as '0', folders as '5', the rest by its letter.</summary>
    /// <param name="bytes">The whole archive.</param>
    /// <exception cref="FileFormatException">Truncated or corrupt.</exception>
    public static IEnumerable<(string Name, char Type, ArraySegment<byte> Data)> Entries(ArraySegment<byte> bytes)
    {
        string? longName = null;
        long? longSize = null;
        int position = 0;
        while (true)
        {
            if (bytes.Count - position < Block)
            {
                throw new FileFormatException(
                    $"the archive ends at byte {bytes.Count} without its end mark; it seems to be truncated");
            }

            ArraySegment<byte> header = bytes.Slice(position, Block);
            if (!header.AsSpan().ContainsAnyExcept((byte)0))
            {
                yield break;
            }

            CheckSum(header, position);
            position += Block;
            char type = (char)header[TypeField];
            bool describes = type is 'L' or 'x' or 'g' or 'K';
            long size = (describes ? null : longSize) ?? Number(header.AsSpan(SizeField, 12), position);
            if (size < 0 || size > bytes.Count - position)
            {
                throw new FileFormatException(
                    $"the entry at byte {position - Block} has {size} bytes, but {bytes.Count - position} are left; "
                    + "the archive seems to be truncated");
            }

            ArraySegment<byte> data = bytes.Slice(position, (int)size);
            position = (int)Math.Min(bytes.Count, position + ((size + Block - 1) / Block * Block));
            if (describes)
            {
                Describe(type, data, ref longName, ref longSize);
                continue;
            }

            yield return (longName ?? Name(header), type is '\0' or '7' ? '0' : type, data);
            (longName, longSize) = (null, null);
        }
    }

    private static void Describe(char type, ReadOnlySpan<byte> data, ref string? longName, ref long? longSize)
    {
        if (type == 'L')
        {
            longName = ToText(data);
            return;
        }

        while (type == 'x' && !data.IsEmpty)
        {
            // "LENGTH KEY=VALUE\n", where the length counts the whole record.
            int space = data[..Math.Min(20, data.Length)].IndexOf((byte)' ');
            if (space < 0
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1
                || length > data.Length)
            {
                throw new FileFormatException("an extended header of the archive is corrupt");
            }

            ReadOnlySpan<byte> record = data[(space + 1)..(length - 1)];
            data = data[length..];
            if (record.StartsWith("path="u8))
            {
                longName = ToText(record[5..]);
            }
            else if (record.StartsWith("size="u8))
            {
                longSize = long.TryParse(record[5..], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                    ? size
                    : throw new FileFormatException("an extended header of the archive has a size that is no number");
            }
        }
    }

    private static void CheckSum(ReadOnlySpan<byte> header, int position)
    {
        long sum = 0;
        for (int i = 0; i < Block; i++)
        {
            sum += i is >= ChecksumField and < ChecksumField + 8 ? ' ' : header[i];
        }

        long stored = Number(header.Slice(ChecksumField, 8), position);
        if (stored != sum)
        {
            throw new FileFormatException(
                $"the archive's header at byte {position} has the checksum {stored}, expected {sum}; it is corrupt or no tar archive");
        }
    }

    // Octal digits, or with the highest bit set a binary number.
    private static long Number(ReadOnlySpan<byte> field, int position)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (byte part in field[^8..])
            {
                value = (value << 8) | part;
            }

            return value;
        }

        foreach (byte digit in field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' '))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                throw new FileFormatException($"the archive's header before byte {position + Block} has a number that is not octal");
            }

            value = (value << 3) | (long)(digit - '0');
        }

        return value;
    }

    private static string Name(ReadOnlySpan<byte> header)
    {
        string name = ToText(header[..100]);
        string prefix = header.Slice(MagicField, 6).SequenceEqual("ustar\0"u8) ? ToText(header.Slice(PrefixField, 155)) : string.Empty;
        return prefix.Length == 0 ? name : prefix + "/" + name;
    }

    private static string ToText(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Text.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
