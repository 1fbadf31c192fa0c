using System.Buffers.Binary;
using System.Text;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Writes arrays of numpy as Python 2 pickled them, and files as Caffe2's training programs saved them.</summary>
internal static class NumpyPickle
{
    /// <summary>An array: made empty, then given version, shape, type, order of axes and bytes.</summary>
    public static PickleBuilder Array(
        this PickleBuilder builder, string type, long[] shape, byte[] content, bool firstIsFastest = false, string order = "<")
    {
        builder.Name("numpy.core.multiarray", "_reconstruct").Name("numpy", "ndarray").Number(0).Raw(0x85).ByteText("b"u8).Raw(0x87)
            .Raw("R(").Number(1).Raw("(");
        foreach (long size in shape)
        {
            builder.Number(size);
        }

        builder.Raw("t").Name("numpy", "dtype").ByteText(Encoding.ASCII.GetBytes(type)).Number(0).Number(1).Raw(0x87).Raw("R(").Number(3)
            .ByteText(Encoding.ASCII.GetBytes(order)).Raw("NNN").Number(-1).Number(-1).Number(0).Raw("tb");
        return builder.Raw(firstIsFastest ? (byte)0x88 : (byte)0x89).ByteText(content).Raw("tb");
    }

    /// <summary>Python 2's <c>str</c>.</summary>
    public static PickleBuilder ByteText(this PickleBuilder builder, ReadOnlySpan<byte> content)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, content.Length);
        return content.Length < 256
            ? builder.Raw("U", (byte)content.Length).Raw(content.ToArray()) : builder.Raw("T").Raw(length).Raw(content.ToArray());
    }

    /// <summary>The bytes of single precision numbers.</summary>
    public static byte[] Bytes(params float[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];

    /// <summary>A checkpoint of Caffe2's: arrays by name, with momentum, learning rate and step.</summary>
    public static byte[] Blobs(params (string Name, long[] Shape, float[] Content)[] arrays)
    {
        PickleBuilder builder = new PickleBuilder().Raw("}").ByteText("blobs"u8).Raw("}(");
        builder.ByteText("model_iter"u8).Number(400_000).ByteText("lr"u8).Array("f4", [], Bytes(0.01f));
        foreach ((string name, long[] shape, float[] content) in arrays)
        {
            builder.ByteText(Encoding.ASCII.GetBytes(name)).Array("f4", shape, Bytes(content));
            builder.ByteText(Encoding.ASCII.GetBytes(name + "_momentum")).Array("f4", shape, Bytes(content));
        }

        return builder.Raw("us").Stop();
    }
}
