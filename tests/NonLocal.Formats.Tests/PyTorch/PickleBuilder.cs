using System.Buffers.Binary;
using System.Text;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Writes pickles instruction by instruction, as PyTorch or an attacker would.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> bytes = [0x80, 2];

    /// <summary>Instructions, one letter each.</summary>
    public PickleBuilder Raw(string instructions) => Raw(Encoding.Latin1.GetBytes(instructions));

    /// <summary>Instructions, the last with an argument of one byte.</summary>
    public PickleBuilder Raw(string instructions, byte argument) => Raw(instructions).Raw(argument);

    public PickleBuilder Raw(params byte[] instructions)
    {
        bytes.AddRange(instructions);
        return this;
    }

    public PickleBuilder Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        bytes.Add((byte)'X');
        bytes.AddRange(length);
        bytes.AddRange(utf8);
        return this;
    }

    public PickleBuilder Number(long number)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, number);
        bytes.Add(0x8A);
        bytes.Add(8);
        bytes.AddRange(value);
        return this;
    }

    public PickleBuilder Name(string module, string name) => Raw($"c{module}\n{name}\n");

    /// <summary>A tensor in a storage, as torch.save writes it.</summary>
    public PickleBuilder Tensor(string storage, string key, long count, long offset, long[] shape, long[] strides)
    {
        Name("torch._utils", "_rebuild_tensor_v2").Raw("((").Text("storage").Name("torch", storage).Text(key).Text("cpu").Number(count);
        Raw("tQ").Number(offset).Raw("(");
        foreach (long size in shape)
        {
            Number(size);
        }

        Raw("t(");
        foreach (long stride in strides)
        {
            Number(stride);
        }

        return Raw("t").Raw(0x89).Name("collections", "OrderedDict").Raw(")RtR");
    }

    public byte[] Stop() => [.. bytes, (byte)'.'];
}
