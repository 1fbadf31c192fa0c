using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NonLocal.Formats;

/// <summary>Writes safetensors files that the format's own library accepts.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    // Throws where text holds half of a surrogate pair, which JSON in UTF-8 cannot.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>See <see cref="Safetensors.Write(Stream, TensorFile)"/>.</summary>
    public static void Write(Stream stream, TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(file);

        // Wide types first: then every tensor is aligned to its own elements. The sort is stable.
        StoredTensor[] inData = [.. file.OrderByDescending(tensor => tensor.Type.Size())];
        ReadOnlySpan<byte> header = MakeHeader(file, inData);
        int padding = (Alignment - (header.Length % Alignment)) % Alignment;
        if (header.Length + padding > Safetensors.MaximumHeaderBytes)
        {
            throw new ArgumentException($"the header would be {header.Length} bytes; the format allows {Safetensors.MaximumHeaderBytes}");
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length + padding);
        stream.Write(length);
        stream.Write(header);
        stream.Write("        "u8[..padding]);
        foreach (StoredTensor tensor in inData)
        {
            stream.Write(tensor.Data.Span);
        }
    }

    private static ReadOnlySpan<byte> MakeHeader(TensorFile file, StoredTensor[] inData)
    {
        var starts = new Dictionary<StoredTensor, long>(ReferenceEqualityComparer.Instance);
        long end = 0;
        foreach (StoredTensor tensor in inData)
        {
            starts.Add(tensor, end);
            end += tensor.Data.Length;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, file);
            foreach (StoredTensor tensor in file)
            {
                WriteEntry(json, tensor, starts[tensor]);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    private static void WriteMetadata(Utf8JsonWriter json, TensorFile file)
    {
        if (file.Metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in file.Metadata)
        {
            json.WriteString(Checked(key), Checked(value));
        }

        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, StoredTensor tensor, long start)
    {
        if (tensor.Name == "__metadata__")
        {
            throw new ArgumentException("a tensor cannot be named \"__metadata__\": the format keeps that name for texts");
        }

        json.WriteStartObject(Checked(tensor.Name));
        json.WriteString("dtype", tensor.Type.SafetensorsName());
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(start + tensor.Data.Length);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Checked(string text)
    {
        try
        {
            Strict.GetByteCount(text);
            return text;
        }
        catch (EncoderFallbackException)
        {
            throw new ArgumentException($"the name or text \"{text}\" holds half of a surrogate pair and cannot be written");
        }
    }
}
