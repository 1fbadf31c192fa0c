using System.Security.Cryptography;
using System.Text;

namespace NonLocal.Vision.Datasets.Caching;

/// <summary>What a cache says of its pictures before the first of them: where they come from, and all labels.</summary>
/// <param name="Identity">What the pictures were made of and how; another text is another cache.</param>
/// <param name="Width">Pixels in a row of every picture.</param>
/// <param name="Height">Rows of every picture.</param>
/// <param name="ClassNames">One a class.</param>
/// <param name="Labels">The class of each picture.</param>
/// <param name="Sources">Where each picture comes from, for messages.</param>
internal sealed record CacheHeader(
    string Identity, int Width, int Height, IReadOnlyList<string> ClassNames, int[] Labels, string[] Sources)
{
    /// <summary>The header of a set's cache.</summary>
    public static CacheHeader Of(string identity, int width, int height, PictureSet set) => new(
        identity,
        width,
        height,
        set.ClassNames,
        [.. Enumerable.Range(0, set.Count).Select(set.Label)],
        [.. Enumerable.Range(0, set.Count).Select(set.Source)]);

    /// <summary>As bytes, the last of which are a SHA-256 of the others.</summary>
    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Identity);
            writer.Write(Width);
            writer.Write(Height);
            writer.Write(ClassNames.Count);
            foreach (string name in ClassNames)
            {
                writer.Write(name);
            }

            writer.Write(Labels.Length);
            for (int i = 0; i < Labels.Length; i++)
            {
                writer.Write(Labels[i]);
                writer.Write(Sources[i]);
            }
        }

        stream.Write(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        return stream.ToArray();
    }

    /// <summary>Back from <see cref="ToBytes"/>; null where the bytes are not whole.</summary>
    public static CacheHeader? Parse(byte[] bytes)
    {
        int content = bytes.Length - SHA256.HashSizeInBytes;
        if (content < 0 || !SHA256.HashData(bytes.AsSpan(0, content)).AsSpan().SequenceEqual(bytes.AsSpan(content)))
        {
            return null;
        }

        using BinaryReader reader = new(new MemoryStream(bytes, 0, content), Encoding.UTF8);
        string identity = reader.ReadString();
        (int width, int height) = (reader.ReadInt32(), reader.ReadInt32());
        string[] names = new string[reader.ReadInt32()];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = reader.ReadString();
        }

        int[] labels = new int[reader.ReadInt32()];
        string[] sources = new string[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = reader.ReadInt32();
            sources[i] = reader.ReadString();
        }

        return new(identity, width, height, names, labels, sources);
    }
}
