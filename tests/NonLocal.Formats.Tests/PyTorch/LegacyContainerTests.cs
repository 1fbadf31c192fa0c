using System.Runtime.InteropServices;
using NonLocal.Formats.PyTorch;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>The container before PyTorch 1.6, built by hand: what no file of today's PyTorch shows.</summary>
public sealed class LegacyContainerTests
{
    private static readonly byte[] Magic = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];
    private static readonly float[] Values = [1, 2, 3, 4];

    [Fact]
    public void Load_ViewOfAStorage_HasTheNumbersOfItsPart()
    {
        byte[] file = File(View(first: 1, length: 2).Stop(), ["7"], Storage(4, Values));

        Assert.Equal([2f, 3f], Load(file).ToSingle());
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(-1, 2)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void Open_ViewBeyondItsStorage_IsRefused(long first, long length) =>
        AssertRefused(File(View(first, length).Stop(), ["7"], Storage(4, Values)), "does not lie inside it");

    [Fact]
    public void Open_BytesAfterTheLastStorage_AreRefused() =>
        AssertRefused([.. File(Tensor(), ["7"], Storage(4, Values)), 0], "it is corrupt");

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    [InlineData(long.MaxValue)]
    public void Open_CountUnlikeThePickles_IsRefused(long count) =>
        AssertRefused(File(Tensor(), ["7"], Storage(count, Values)), "expected 4 in 16 bytes");

    [Fact]
    public void Open_StorageThatIsMissing_IsRefused() => AssertRefused(File(Tensor(), [], []), "not in the file");

    [Fact]
    public void Open_StorageTwice_IsRefused() =>
        AssertRefused(File(Tensor(), ["7", "7"], [.. Storage(4, Values), .. Storage(4, Values)]), "one twice");

    [Fact]
    public void Open_StorageThatNobodyUses_IsRefused() => AssertRefused(File(Tensor(), ["8"], Storage(4, Values)), "no tensor uses");

    private static StoredTensor Load(byte[] file)
    {
        using PyTorchCheckpoint checkpoint = PyTorchCheckpoint.Open(new MemoryStream(file));
        return ((CheckpointTensor)checkpoint.Root!).Load("tensor");
    }

    private static void AssertRefused(byte[] file, string hint)
    {
        var error = Assert.Throws<FileFormatException>(() => Load(file));
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Tensor() => new PickleBuilder().Tensor("FloatStorage", "7", 4, 0, [4], [1]).Stop();

    private static PickleBuilder View(long first, long length) =>
        new PickleBuilder().Name("torch._utils", "_rebuild_tensor").Raw("((").Text("storage").Name("torch", "FloatStorage")
            .Text("7").Text("cpu").Number(4).Raw("(").Text("9").Number(first).Number(length).Raw("ttQ")
            .Number(0).Number(2).Raw(0x85).Number(1).Raw(0x85).Raw("tR");

    private static byte[] Storage(long count, float[] values) =>
        [.. BitConverter.GetBytes(count), .. MemoryMarshal.AsBytes(values.AsSpan())];

    private static byte[] File(byte[] pickle, string[] keys, byte[] storages)
    {
        byte[] protocol = new PickleBuilder().Number(1001).Stop();
        byte[] machine = new PickleBuilder().Raw("}").Stop();
        PickleBuilder list = new PickleBuilder().Raw("](");
        foreach (string key in keys)
        {
            list.Text(key);
        }

        return [.. Magic, .. protocol, .. machine, .. pickle, .. list.Raw("e").Stop(), .. storages];
    }
}
