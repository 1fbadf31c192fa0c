using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using NonLocal.Testing;

namespace NonLocal.Formats.Tests;

public sealed class SafetensorsTests
{
    [Theory]
    [InlineData("header_len_too_big", "1099511627776 bytes")]
    [InlineData("short_file", "3 bytes")]
    [InlineData("not_json", "not valid JSON")]
    [InlineData("json_not_object", "'{'")]
    [InlineData("offset_negative", "data_offsets")]
    [InlineData("shape_negative", "shape")]
    [InlineData("trailing_bytes", "12 bytes of data")]
    [InlineData("duplicate_key", "twice")]
    [InlineData("deep_json", "not an object")]
    public void Read_MalformedGolden_IsRefused(string name, string hint)
    {
        string path = Fixtures.Path("goldens", "safetensors_malformed", name + ".safetensors");

        var error = Assert.Throws<FileFormatException>(() => Safetensors.Read(path));

        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
        Assert.Throws<FileFormatException>(() => CheckpointReader.Read(path));
    }

    [Fact]
    public void Read_ControlGoldens_HaveTheirValues()
    {
        TensorFile plain = Safetensors.Read(Fixtures.Path("goldens", "safetensors_malformed", "ok.safetensors"));
        TensorFile narrow = Safetensors.Read(Fixtures.Path("goldens", "safetensors_malformed", "ok_f16_bf16.safetensors"));

        Assert.Equal([0f, 1f], plain["a"].ToSingle());
        Assert.Equal([1.5f, -2f, 65504f], narrow["h"].ToSingle());
        Assert.Equal([1.5, -2], narrow["b"].ToDouble());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "neither holes nor overlap")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""",
        8, "overlap")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}}""",
        9, "holes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "do not fit its shape [2] of F32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "do not fit its shape")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "do not fit its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 4, "do not fit its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "the file has 4 bytes of data")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "an array")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "at most 2 whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "is incomplete")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "each once")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"scale":2}}""", 4, "\"scale\"")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "\"F8_E4M3\", which is not supported")]
    [InlineData("""{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}""", 4, "a string")]
    [InlineData("""{"a":null}""", 0, "an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "twice")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "not valid JSON")]
    [InlineData("""{} x""", 0, "not valid JSON")]
    [InlineData("""{}{}""", 0, "not valid JSON")]
    [InlineData(""" {}""", 0, "'{'")]
    [InlineData("", 0, "'{'")]
    public void Read_BrokenRule_IsNamed(string header, int dataBytes, string hint)
    {
        var error = Assert.Throws<FileFormatException>(() => Safetensors.Read(Assemble(Encoding.UTF8.GetBytes(header), dataBytes)));

        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_HeaderWithInvalidUtf8_IsRefused()
    {
        Assert.Throws<FileFormatException>(() => Safetensors.Read(Assemble([.. "{\""u8, 0xFF, .. "\":{}}"u8], 0)));
    }

    [Fact]
    public void Read_OffsetsInAnotherOrderThanTheHeader_AreAllowed()
    {
        byte[] file = Assemble(
            """{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"""u8.ToArray(), 3);
        file[^1] = 7;

        TensorFile read = Safetensors.Read(file);

        Assert.Equal(["b", "a"], read.Select(tensor => tensor.Name));
        Assert.Equal([7], read["b"].ToInt64());
    }

    [Fact]
    public void Read_MillionsOfEmptyTensors_RefusedWithinTheMemoryOfTheFile()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < 200_000; i++)
        {
            header.Append(i == 0 ? "" : ",").Append($"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        }

        byte[] file = Assemble(Encoding.UTF8.GetBytes(header.Append('}').ToString()), 0);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<FileFormatException>(() => Safetensors.Read(file));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2L * file.Length) + (16 << 20));
        Assert.Contains("memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_RandomFiles_ReadBackBitForBit()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            TensorFile file = RandomFile(random);
            using var stream = new MemoryStream();

            Safetensors.Write(stream, file);

            TensorFile read = Safetensors.Read(stream.ToArray());
            Assert.Equal(file.Metadata, read.Metadata);
            Assert.Equal(file.Select(tensor => tensor.Name), read.Select(tensor => tensor.Name));
            foreach (StoredTensor tensor in file)
            {
                Assert.Equal(tensor.Type, read[tensor.Name].Type);
                Assert.Equal(tensor.Shape, read[tensor.Name].Shape);
                Assert.True(tensor.Data.Span.SequenceEqual(read[tensor.Name].Data.Span));
            }
        }
    }

    [Fact]
    public void Write_MixedTypes_EveryTensorIsAlignedAndTheHeaderPadded()
    {
        var file = new TensorFile(
        [
            new StoredTensor("bytes", StoredType.U8, [3], new byte[3]),
            StoredTensor.FromSingle("single", [1], [1f]),
            StoredTensor.FromInt64("steps", [], [5L]),
        ]);
        using var stream = new MemoryStream();

        Safetensors.Write(stream, file);

        byte[] written = stream.ToArray();
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(written);
        Assert.Equal(0, header % 8);
        using JsonDocument json = JsonDocument.Parse(written.AsMemory(8, header));
        Assert.Equal(["bytes", "single", "steps"], json.RootElement.EnumerateObject().Select(entry => entry.Name));
        Assert.Equal(12, json.RootElement.GetProperty("bytes").GetProperty("data_offsets")[0].GetInt32());
        Assert.Equal(8, json.RootElement.GetProperty("single").GetProperty("data_offsets")[0].GetInt32());
        Assert.Equal(0, json.RootElement.GetProperty("steps").GetProperty("data_offsets")[0].GetInt32());
    }

    [Fact]
    public void Write_ReservedOrBrokenName_WritesNothing()
    {
        string path = Path.Combine(Path.GetTempPath(), $"nonlocal-{Guid.NewGuid():N}.safetensors");

        foreach (string name in new[] { "__metadata__", "\ud800" })
        {
            var file = new TensorFile([StoredTensor.FromSingle(name, [1], [1f])]);
            Assert.Throws<ArgumentException>(() => Safetensors.Write(path, file));
            Assert.False(File.Exists(path));
        }
    }

    internal static byte[] Assemble(byte[] header, int dataBytes)
    {
        byte[] file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    private static TensorFile RandomFile(Random random)
    {
        string[] alphabet = ["a", "weight", ".", "\"", "\\", "\n", "é", "漢", "😀", "<", "\u0001"];
        string Name(int number) => number + string.Concat(random.GetItems(alphabet, random.Next(6)));
        var tensors = new List<StoredTensor>();
        for (int i = random.Next(8); i > 0; i--)
        {
            StoredType type = Enum.GetValues<StoredType>()[random.Next(13)];
            long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))];
            byte[] data = new byte[shape.Aggregate(1L, (product, size) => product * size) * type.Size()];
            random.NextBytes(data);
            tensors.Add(new StoredTensor(Name(i), type, shape, data));
        }

        return new TensorFile(tensors, Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create(Name(i), Name(i))));
    }
}
