using System.Text.Json;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats;

/// <summary>One tensor of a safetensors header; <paramref name="Start"/> and <paramref name="End"/> count from the end of the
/// header.</summary>
internal sealed record SafetensorsEntry(string Name, StoredType Type, long[] Shape, long Start, long End);

/// <summary>The parsed and checked header of a safetensors file.</summary>
internal sealed class SafetensorsHeader
{
    // What a tensor costs beside its name and data: entry, tensor, shapes, places in lists and dictionaries.
    private const int EntryBytes = 600;
    private const int DeepestJson = 8;

    private readonly ReadBudget budget;
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private SafetensorsHeader(ReadBudget budget)
    {
        this.budget = budget;
    }

    /// <summary>The tensors in the order of the header.</summary>
    public List<SafetensorsEntry> Entries { get; } = [];

    /// <summary>The texts of <c>__metadata__</c> in the order of the header.</summary>
    public OrderedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Parses a header and checks it against the bytes that follow it.</summary>
    /// <param name="header">The JSON text in UTF-8.</param>
    /// <param name="dataLength">How many bytes follow the header.</param>
    /// <param name="budget">Charged for what the header becomes in memory.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header, long dataLength, ReadBudget budget)
    {
        if (header.IsEmpty || header[0] != '{')
        {
            throw new FileFormatException("the header does not begin with '{'; expected a JSON object at byte 8");
        }

        var parsed = new SafetensorsHeader(budget);
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = DeepestJson });
        try
        {
            reader.Read();
            parsed.ReadTop(ref reader);
            // Finds anything but white space after the object.
            reader.Read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half of a surrogate pair, or not UTF-8.
            throw new FileFormatException($"the header is not valid JSON at byte {8 + reader.BytesConsumed} of the file", null, error);
        }

        parsed.CheckLayout(dataLength);
        return parsed;
    }

    private void ReadTop(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = Text(ref reader);
            if (!names.Add(name))
            {
                throw new FileFormatException($"the header has the key {Quoted.Name(name)} twice; every key may appear once");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong(ref reader, Quoted.Name(name), "an object");
            }

            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                Entries.Add(ReadEntry(ref reader, name));
            }
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = Text(ref reader);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Wrong(ref reader, $"the metadata {Quoted.Name(key)}", "a string");
            }

            if (!Metadata.TryAdd(key, Text(ref reader)))
            {
                throw new FileFormatException($"the metadata has the key {Quoted.Name(key)} twice; every key may appear once");
            }
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        budget.Charge(EntryBytes, "the list of tensors");
        StoredType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = Text(ref reader);
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    type = ReadType(ref reader, name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, $"the shape of {Quoted.Name(name)}", StoredTensor.MaximumRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, $"the data_offsets of {Quoted.Name(name)}", 2);
                    break;
                default:
                    throw new FileFormatException(
                        $"tensor {Quoted.Name(name)} has the field {Quoted.Name(field)}; expected dtype, shape and"
                        + " data_offsets, each once");
            }
        }

        if (type is null || shape is null || offsets is not { Length: 2 })
        {
            throw new FileFormatException($"tensor {Quoted.Name(name)} is incomplete; expected dtype, shape and two data_offsets");
        }

        budget.Charge(16L * shape.Length, "the list of tensors");
        CheckSize(name, type.Value, shape, offsets);
        return new SafetensorsEntry(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private StoredType ReadType(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Wrong(ref reader, $"the dtype of {Quoted.Name(name)}", "a string");
        }

        string text = Text(ref reader);
        if (StoredTypes.TryParseSafetensors(text, out StoredType type))
        {
            return type;
        }

        throw new FileFormatException(
            $"tensor {Quoted.Name(name)} has the dtype {Quoted.Name(text)}, which is not supported; expected one of "
            + string.Join(", ", Enum.GetValues<StoredType>().Select(known => known.SafetensorsName())));
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string what, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(ref reader, what, "an array");
        }

        Span<long> numbers = stackalloc long[StoredTensor.MaximumRank];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0 || count == most)
            {
                throw Wrong(ref reader, what, $"at most {most} whole numbers from 0 to 2^63 - 1");
            }

            numbers[count] = number;
            count++;
        }

        return numbers[..count].ToArray();
    }

    private static void CheckSize(string name, StoredType type, long[] shape, long[] offsets)
    {
        bool counted = TensorSize.TryCount(shape, out long count);
        if (!counted || count > long.MaxValue / type.Size() || offsets[1] - offsets[0] != count * type.Size())
        {
            throw new FileFormatException(
                $"tensor {Quoted.Name(name)} has the data_offsets {offsets[0]} to {offsets[1]}, which do not fit its shape"
                + $" {TensorSize.Text(shape)} of {type.SafetensorsName()}");
        }
    }

    // In the order of their offsets the tensors have to follow each other from byte 0 to the end of the file.
    private void CheckLayout(long dataLength)
    {
        var sorted = new List<SafetensorsEntry>(Entries);
        sorted.Sort(static (first, second) => (first.Start, first.End).CompareTo((second.Start, second.End)));
        long end = 0;
        foreach (SafetensorsEntry entry in sorted)
        {
            if (entry.Start != end)
            {
                throw new FileFormatException(
                    $"tensor {Quoted.Name(entry.Name)} begins at data byte {entry.Start}, but the one before ends at {end};"
                    + " expected neither holes nor overlap");
            }

            end = entry.End;
        }

        if (end != dataLength)
        {
            throw new FileFormatException(
                $"the tensors end at data byte {end}, but the file has {dataLength} bytes of data; expected exactly"
                + " as many");
        }
    }

    private string Text(ref Utf8JsonReader reader)
    {
        budget.Charge(64 + (2L * reader.ValueSpan.Length), "the header's texts");
        return reader.GetString()!;
    }

    private static FileFormatException Wrong(ref Utf8JsonReader reader, string what, string expected) =>
        new($"{what} is not {expected} at byte {8 + reader.TokenStartIndex} of the file");
}
