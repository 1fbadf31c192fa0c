using System.Text;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>The container of PyTorch 1.6 and later: a zip archive with a pickle and a file for each storage.</summary>
internal sealed class ZipContainer : StorageTable
{
    private const string PickleName = "/data.pkl";
    private const int BlockBytes = 1 << 16;

    private readonly ByteSource source;
    private readonly ZipDirectory directory;
    private readonly string root;

    private ZipContainer(ByteSource source, ZipDirectory directory, string root)
    {
        this.source = source;
        this.directory = directory;
        this.root = root;
    }

    /// <summary>Reads the pickle; storages are found and measured, but not read.</summary>
    public static object? Read(ByteSource source)
    {
        ZipDirectory directory = ZipDirectory.Read(source);
        string root = FindRoot(directory);
        var container = new ZipContainer(source, directory, root);
        container.CheckByteOrder();
        ZipEntry pickle = directory.Entries[root + PickleName];
        long start = directory.Locate(pickle);
        CheckSum(source, pickle, start);
        object? made = new PickleMachine(new PickleInput(source, "data.pkl", start, pickle.Size), container).Run();
        new PickleTree("data.pkl").Check(made);
        return made;
    }

    /// <inheritdoc/>
    protected override StorageBlock Open(string key, long count, int elementSize, PickleInput input)
    {
        if (key.Length == 0 || !key.All(char.IsAsciiDigit))
        {
            throw input.Error($"the storage key {Quoted.Name(key)} is not a number; the file is corrupt or hostile");
        }

        string name = $"{root}/data/{key}";
        if (!directory.Entries.TryGetValue(name, out ZipEntry? entry))
        {
            throw input.Error($"the archive has no file {Quoted.Name(name)} for storage {Quoted.Name(key)}; the file is incomplete");
        }

        return new StorageBlock(source, key, entry.Size)
        {
            ElementSize = elementSize,
            FileOffset = directory.Locate(entry),
            Checksum = entry.Checksum,
        };
    }

    private static string FindRoot(ZipDirectory directory)
    {
        string[] found = [.. directory.Entries.Keys
            .Where(name => name.EndsWith(PickleName, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - PickleName.Length)
            .Take(2)];
        if (found.Length != 1)
        {
            throw new FileFormatException(
                $"the zip archive has {(found.Length == 0 ? "no" : "more than one")} file <name>/data.pkl; expected a file of torch.save");
        }

        string root = found[0][..^PickleName.Length];
        if (directory.Entries.ContainsKey(root + "/constants.pkl"))
        {
            throw new FileFormatException("this is a TorchScript program, not weights; save state_dict() with torch.save in Python");
        }

        return root;
    }

    private void CheckByteOrder()
    {
        if (!directory.Entries.TryGetValue(root + "/byteorder", out ZipEntry? entry))
        {
            return;
        }

        Span<byte> text = stackalloc byte[(int)Math.Min(entry.Size, 16)];
        source.Read(directory.Locate(entry), text, "the byteorder record");
        if (!text.SequenceEqual("little"u8))
        {
            throw new FileFormatException(
                $"the byteorder record says {Quoted.Name(Encoding.Latin1.GetString(text))}; expected \"little\": save"
                + " the file on a little-endian machine");
        }
    }

    private static void CheckSum(ByteSource source, ZipEntry entry, long start)
    {
        Span<byte> block = new byte[BlockBytes];
        uint found = 0;
        for (long done = 0; done < entry.Size;)
        {
            Span<byte> part = block[..(int)Math.Min(BlockBytes, entry.Size - done)];
            source.Read(start + done, part, entry.Name);
            found = Crc32.Compute(part, found);
            done += part.Length;
        }

        if (found != entry.Checksum)
        {
            throw new FileFormatException(
                $"{Quoted.Name(entry.Name)} has the checksum {found:x8}; expected {entry.Checksum:x8}: the file is"
                + " damaged, fetch it again");
        }
    }
}
