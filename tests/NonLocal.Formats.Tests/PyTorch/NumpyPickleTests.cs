namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Pickles of numpy's arrays, which is what Caffe2's programs save.</summary>
public class NumpyPickleTests
{
    [Fact]
    public void Read_BlobsOfCaffe2_GivesTheArraysWithoutMomentum()
    {
        float[] large = [.. Enumerable.Range(0, 3000).Select(number => number - 0.5f)];
        TensorFile file = Read(NumpyPickle.Blobs(
            ("conv1_w", [2, 1, 2, 1, 1], [1, -2, 3, float.MinValue]), ("res_conv1_bn_s", [4], [0, 0, 0, 0]), ("pred_w", [30, 100], large)));
        Assert.Equal(["conv1_w", "res_conv1_bn_s", "pred_w"], file.Select(tensor => tensor.Name));
        Assert.Equal([2L, 1, 2, 1, 1], file["conv1_w"].Shape);
        Assert.Equal([1f, -2, 3, float.MinValue], file["conv1_w"].ToSingle());
        Assert.Equal([0f, 0, 0, 0], file["res_conv1_bn_s"].ToSingle());
        Assert.Equal(large, file["pred_w"].ToSingle());
    }

    // {'blobs': {'a_w': numpy.arange(6, dtype=numpy.float32).reshape(2, 3)}} by pickle.dumps of Python 3.11 and numpy 1.24.2, whose
    // protocol 2 writes bytes as text, and whose protocol 4 does not.
    [Theory]
    [InlineData(
        "gAJ9cQBYBQAAAGJsb2JzcQF9cQJYAwAAAGFfd3EDY251bXB5LmNvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQRjbnVtcHkKbmRhcnJheQ"
        + "pxBUsAhXEGY19jb2RlY3MKZW5jb2RlCnEHWAEAAABicQhYBgAAAGxhdGluMXEJhnEKUnELh3EMUnENKEsBSwJLA4ZxDmNudW1weQpkdHlwZQpx"
        + "D1gCAAAAZjRxEImIh3ERUnESKEsDWAEAAAA8cRNOTk5K/////0r/////SwB0cRRiiWgHWBsAAAAAAAAAAADCgD8AAABAAABAQAAAwoBAAADCoE"
        + "BxFWgJhnEWUnEXdHEYYnNzLg==")]
    [InlineData(
        "gASVtgAAAAAAAAB9lIwFYmxvYnOUfZSMA2Ffd5SMFW51bXB5LmNvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZG"
        + "FycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwJLA4aUaAeMBWR0eXBllJOUjAJmNJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiiUMYAAAA"
        + "AAAAgD8AAABAAABAQAAAgEAAAKBAlHSUYnNzLg==")]
    public void Read_PickleOfPython3_GivesTheArray(string base64)
    {
        StoredTensor tensor = Assert.Single(Read(Convert.FromBase64String(base64)));
        Assert.Equal("a_w", tensor.Name);
        Assert.Equal([2L, 3], tensor.Shape);
        Assert.Equal([0f, 1, 2, 3, 4, 5], tensor.ToSingle());
    }

    [Fact]
    public void Read_FirstAxisFastest_IsTurnedRound()
    {
        byte[] file = One("f4", [2, 3], NumpyPickle.Bytes(1, 2, 3, 4, 5, 6), firstIsFastest: true);
        Assert.Equal([1f, 3, 5, 2, 4, 6], Read(file)["a"].ToSingle());
    }

    [Theory]
    [InlineData("f8", 8, StoredType.F64)]
    [InlineData("f2", 2, StoredType.F16)]
    [InlineData("i4", 4, StoredType.I32)]
    [InlineData("u1", 1, StoredType.U8)]
    public void Read_OtherNumbers_KeepTheirType(string type, int size, StoredType expected) =>
        Assert.Equal(expected, Read(One(type, [3], new byte[3 * size]))["a"].Type);

    [Fact]
    public void Read_ArrayThatIsNamedTwice_IsOneTensor()
    {
        byte[] file = new PickleBuilder().Raw("}(").ByteText("a"u8).Array("f4", [1], NumpyPickle.Bytes(7)).Raw("q", 5).ByteText("b"u8)
            .Raw("h", 5).Raw("u").Stop();
        Assert.Equal([7f], Read(file)["b"].ToSingle());
    }

    [Theory]
    [InlineData("O8", 16, "<", "expected numbers")]
    [InlineData("f4", 7, "<", "does not have the 8 bytes")]
    [InlineData("f4", 9, "<", "does not have the 8 bytes")]
    [InlineData("f4", 8, ">", "byte order")]
    public void Read_BadArray_SaysWhatIsWrong(string type, int bytes, string order, string expected) => Assert.Contains(
        expected,
        Assert.Throws<FileFormatException>(() => Read(
            new PickleBuilder().Raw("}").ByteText("a"u8).Array(type, [2], new byte[bytes], order: order).Raw("s").Stop())).Message);

    [Fact]
    public void Read_ShapeFarLargerThanTheFile_IsRefused()
    {
        string message = Assert.Throws<FileFormatException>(() => Read(One("f4", [1L << 40, 1L << 20], new byte[8]))).Message;
        Assert.Contains("bytes that its shape and type need", message);
    }

    [Fact]
    public void Read_TruncatedInsideAnArray_SaysSo()
    {
        byte[] file = NumpyPickle.Blobs(("w", [3000], new float[3000]));
        Assert.Contains("are left", Assert.Throws<FileFormatException>(() => Read(file[..8000])).Message);
    }

    [Fact]
    public void Read_NameThatCouldRun_IsRefused() => Assert.Contains(
        "not on the list",
        Assert.Throws<FileFormatException>(() => Read(
            new PickleBuilder().Raw("}").ByteText("a"u8).Name("numpy.core.multiarray", "fromfile").Raw("s").Stop())).Message);

    [Fact]
    public void Read_ArrayWithoutNumbers_IsRefused() => Assert.Contains(
        "has no numbers",
        Assert.Throws<FileFormatException>(() => Read(
            new PickleBuilder().Raw("}").ByteText("a"u8).Name("numpy.core.multiarray", "_reconstruct").Name("numpy", "ndarray").Number(0)
                .Raw(0x85).ByteText("b"u8).Raw(0x87).Raw("Rs").Stop())).Message);

    [Fact]
    public void Read_PickleAfterTheDictionary_IsRefused() => Assert.Contains(
        "magic number",
        Assert.Throws<FileFormatException>(() => Read([.. One("f4", [1], new byte[4]), 0x80, 2])).Message);

    private static byte[] One(string type, long[] shape, byte[] content, bool firstIsFastest = false) =>
        new PickleBuilder().Raw("}").ByteText("a"u8).Array(type, shape, content, firstIsFastest).Raw("s").Stop();

    private static TensorFile Read(byte[] file) => CheckpointReader.Read(new MemoryStream(file, writable: false));
}
