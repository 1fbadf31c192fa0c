using System.Runtime.InteropServices;

namespace NonLocal.Formats.Tests;

public sealed class StoredTensorTests
{
    [Fact]
    public void ToSingle_AllPatternsOfF16_AreTheSystemsValuesAndKeepNotANumbers()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        var tensor = new StoredTensor("h", StoredType.F16, [65536], MemoryMarshal.AsBytes(all.AsSpan()).ToArray());

        float[] wide = tensor.ToSingle();

        for (int bits = 0; bits < all.Length; bits++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            uint expected = Half.IsNaN(half)
                ? ((uint)(bits & 0x8000) << 16) | 0x7F800000 | ((uint)(bits & 0x3FF) << 13)
                : BitConverter.SingleToUInt32Bits((float)half);
            Assert.Equal(expected, BitConverter.SingleToUInt32Bits(wide[bits]));
        }
    }

    [Fact]
    public void ToSingle_AllPatternsOfBF16_AreTheUpperHalfOfASingle()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        var tensor = new StoredTensor("b", StoredType.BF16, [256, 256], MemoryMarshal.AsBytes(all.AsSpan()).ToArray());

        float[] wide = tensor.ToSingle();

        Assert.All(Enumerable.Range(0, 65536), bits => Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(wide[bits])));
    }

    [Theory]
    [InlineData(StoredType.I64, 8, -1L)]
    [InlineData(StoredType.I32, 4, -1L)]
    [InlineData(StoredType.I16, 2, -1L)]
    [InlineData(StoredType.I8, 1, -1L)]
    [InlineData(StoredType.U32, 4, 4294967295L)]
    [InlineData(StoredType.U16, 2, 65535L)]
    [InlineData(StoredType.U8, 1, 255L)]
    [InlineData(StoredType.Bool, 1, 1L)]
    public void ToInt64_AllBitsSet_IsTheTypesValueInEveryWidening(StoredType type, int size, long expected)
    {
        var tensor = new StoredTensor("i", type, [], Enumerable.Repeat((byte)255, size).ToArray());

        Assert.Equal([expected], tensor.ToInt64());
        Assert.Equal([(double)expected], tensor.ToDouble());
        Assert.Equal([(float)expected], tensor.ToSingle());
    }

    [Fact]
    public void ToInt64_FloatsAndLargeU64_AreRefused()
    {
        var large = new StoredTensor("u", StoredType.U64, [1], Enumerable.Repeat((byte)255, 8).ToArray());

        Assert.Throws<InvalidOperationException>(() => StoredTensor.FromSingle("f", [1], [1f]).ToInt64());
        Assert.Throws<InvalidOperationException>(() => large.ToInt64());
    }

    [Fact]
    public void Constructor_BytesThatDoNotFillTheShape_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => StoredTensor.FromSingle("a", [2, 2], [1f, 2f, 3f]));
        Assert.Throws<ArgumentException>(() => new StoredTensor("a", StoredType.F32, [-1, -1], new byte[4]));
        Assert.Throws<ArgumentException>(() => new StoredTensor("a", StoredType.F32, [1L << 32, 1L << 32], new byte[0]));
    }

    [Fact]
    public void TensorFile_TwoTensorsOfOneName_AreRefused()
    {
        StoredTensor tensor = StoredTensor.FromDouble("a", [1], [1.0]);

        Assert.Throws<ArgumentException>(() => new TensorFile([tensor, tensor]));
    }
}
