using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace NonLocal.Cli.Rendering;

/// <summary>One file of <c>verify</c>.</summary>
internal sealed record VerifyRow(
    string File,
    string Block,
    string Status,
    WorstTensor? Worst,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);

/// <summary>The tensor that is furthest from the reference, in units of its tolerance.</summary>
internal sealed record WorstTensor(string Tensor, double Error, double Tolerance);

/// <summary>What <c>convert</c> wrote.</summary>
internal sealed record ConvertResult(string Input, string Output, int Tensors, long Bytes);

/// <summary>The JSON forms of all results; generated, because the program uses no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    WriteIndented = true)]
[JsonSerializable(typeof(VerifyRow[]))]
[JsonSerializable(typeof(ConvertResult))]
internal sealed partial class Results : JsonSerializerContext
{
    /// <summary>Writes one JSON value and a line end.</summary>
    public static void Write<T>(Terminal terminal, T value, JsonTypeInfo<T> type) =>
        terminal.Output.WriteLine(JsonSerializer.Serialize(value, type));
}
