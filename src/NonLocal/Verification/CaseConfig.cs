using System.Globalization;
using System.Text.Json;

namespace NonLocal.Verification;

/// <summary>The configuration of a block as its file states it. Every key must be asked for: what nobody reads is not supported.</summary>
internal sealed class CaseConfig
{
    private readonly Dictionary<string, JsonElement> values = [];
    private readonly HashSet<string> unread;

    /// <summary>Reads the JSON object.</summary>
    /// <exception cref="UnsupportedBlockException">Not a JSON object.</exception>
    public CaseConfig(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new UnsupportedBlockException("the config is not a JSON object.");
            }

            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                values[property.Name] = property.Value.Clone();
            }
        }
        catch (JsonException error)
        {
            throw new UnsupportedBlockException($"the config is not valid JSON: {error.Message}");
        }

        // A note is text for people.
        unread = [.. values.Keys.Where(key => key != "note")];
    }

    /// <summary>Takes numbers that some files keep as text ("8") for numbers: the keys whose text is one.</summary>
    public void ReadTextAsNumbers(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            string text = IsText(key) ? values[key].GetString()! : "";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            {
                values[key] = new CaseConfig($"{{\"{key}\": {text}}}").values[key];
            }
        }
    }

    /// <summary>
    /// An object inside the configuration, perhaps as the text of a Python dictionary, or its <c>type</c> alone as text; null when absent
    /// or null.
    /// </summary>
    /// <exception cref="UnsupportedBlockException">Not an object.</exception>
    public CaseConfig? Nested(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        string json = value.ValueKind != JsonValueKind.String ? value.GetRawText()
            : value.GetString() is { } text && text.StartsWith('{') ? FromPython(text)
            : $"{{\"type\": {value.GetRawText()}}}";
        return new CaseConfig(json);
    }

    /// <summary>True when the key is there, perhaps null.</summary>
    public bool States(string key)
    {
        unread.Remove(key);
        return values.ContainsKey(key);
    }

    /// <summary>True when the key is there and not null.</summary>
    public bool Has(string key) => values.TryGetValue(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A whole number; required when there is no default.</summary>
    public int Whole(string key, int? otherwise = null) =>
        Find(key) is { } value
            ? value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
                ? number : throw Wrong(key, value, "a whole number")
            : otherwise ?? throw Missing(key);

    /// <summary>A whole number from 1; required when there is no default.</summary>
    public int Positive(string key, int? otherwise = null)
    {
        int number = Whole(key, otherwise);
        return number >= 1 ? number : throw new UnsupportedBlockException($"config key '{key}' is {number}, expected at least 1.");
    }

    /// <summary>A number.</summary>
    public double Real(string key, double otherwise) =>
        Find(key) is { } value
            ? value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(key, value, "a number")
            : otherwise;

    /// <summary>True or false; required when there is no default.</summary>
    public bool Flag(string key, bool? otherwise = null) =>
        Find(key) is { } value
            ? value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, value, "true or false")
            : otherwise ?? throw Missing(key);

    /// <summary>Text; null when absent or null.</summary>
    public string? Text(string key) =>
        Find(key) is { } value
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, value, "text")
            : null;

    /// <summary>True when the key is there and text.</summary>
    public bool IsText(string key) => Has(key) && values[key].ValueKind == JsonValueKind.String;

    /// <summary>A list of whole numbers; one number is a list of one.</summary>
    public int[] List(string key)
    {
        JsonElement value = Find(key) ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(
                each => each.ValueKind == JsonValueKind.Number && each.TryGetInt32(out int number)
                    ? number
                    : throw Wrong(key, value, "whole numbers"))]
            : [Whole(key)];
    }

    /// <summary>A list of numbers, of the given length; required.</summary>
    public double[] Reals(string key, int count)
    {
        JsonElement value = Find(key) ?? throw Missing(key);
        bool fits = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == count
            && value.EnumerateArray().All(each => each.ValueKind == JsonValueKind.Number);
        return fits ? [.. value.EnumerateArray().Select(each => each.GetDouble())] : throw Wrong(key, value, $"a list of {count} numbers");
    }

    /// <summary>A list of texts; empty when absent or null.</summary>
    public string[] Texts(string key)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        bool fits = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(each => each.ValueKind == JsonValueKind.String);
        return fits ? [.. value.EnumerateArray().Select(each => each.GetString()!)] : throw Wrong(key, value, "a list of texts");
    }

    /// <summary>The keys whose values are objects.</summary>
    public IEnumerable<string> NestedKeys => values.Where(pair => pair.Value.ValueKind == JsonValueKind.Object).Select(pair => pair.Key);

    /// <summary>A list of lists of whole numbers.</summary>
    public int[][] Lists(string key, int[][] otherwise) =>
        Find(key) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(each => new CaseConfig($"{{\"{key}\": {each.GetRawText()}}}").List(key))]
            : throw Wrong(key, value, "a list of lists");

    /// <summary>One whole number for each spatial axis; a single number serves all of them, as in PyTorch.</summary>
    public int[] PerAxis(string key, int axes, int? otherwise = null)
    {
        if (!Has(key))
        {
            Find(key);
            return [.. Enumerable.Repeat(otherwise ?? throw Missing(key), axes)];
        }

        int[] list = List(key);
        return list.Length == axes ? list
            : list.Length == 1 ? [.. Enumerable.Repeat(list[0], axes)]
            : throw new UnsupportedBlockException($"config key '{key}' has {list.Length} numbers, expected 1 or {axes}.");
    }

    /// <summary>
    /// As <see cref="PerAxis(string, int, int?)"/>, where null (for one axis or for all) means the given number of that axis.
    /// </summary>
    public int[] PerAxis(string key, ReadOnlySpan<int> otherwise)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array } value || value.GetArrayLength() != otherwise.Length)
        {
            return Has(key) ? PerAxis(key, otherwise.Length) : otherwise.ToArray();
        }

        int[] numbers = otherwise.ToArray();
        for (int axis = 0; axis < numbers.Length; axis++)
        {
            JsonElement each = value[axis];
            if (each.ValueKind != JsonValueKind.Null)
            {
                numbers[axis] = each.ValueKind == JsonValueKind.Number && each.TryGetInt32(out int number)
                    ? number
                    : throw Wrong(key, value, "whole numbers or null");
            }
        }

        return numbers;
    }

    /// <summary>Refuses a key whose only supported value is the one given.</summary>
    public void Only(string key, string supported)
    {
        if (Find(key) is { } value && Plain(value) != supported)
        {
            throw new UnsupportedBlockException($"config key '{key}' is {Plain(value)}; only {supported} is supported.");
        }
    }

    /// <summary>Throws unless every key has been read.</summary>
    /// <exception cref="UnsupportedBlockException">Names the keys that nobody asked for.</exception>
    public void ExpectAllRead()
    {
        if (unread.Count > 0)
        {
            throw new UnsupportedBlockException(
                $"config key{(unread.Count > 1 ? "s" : "")} {string.Join(", ", unread.Select(key => $"'{key}'"))} unknown for this block.");
        }
    }

    private static string FromPython(string dictionary) => dictionary
        .Replace('\'', '"')
        .Replace("True", "true", StringComparison.Ordinal)
        .Replace("False", "false", StringComparison.Ordinal)
        .Replace("None", "null", StringComparison.Ordinal);

    private static string Plain(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()!
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString(CultureInfo.InvariantCulture)
        : value.GetRawText();

    private static UnsupportedBlockException Wrong(string key, JsonElement value, string expected) =>
        new($"config key '{key}' is {value.GetRawText()}, expected {expected}.");

    private static UnsupportedBlockException Missing(string key) => new($"config key '{key}' is missing.");

    private JsonElement? Find(string key)
    {
        unread.Remove(key);
        return Has(key) ? values[key] : null;
    }
}
