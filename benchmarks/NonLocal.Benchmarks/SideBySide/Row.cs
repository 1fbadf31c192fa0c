using System.Text.Json.Nodes;
using NonLocal.Attention;
using NonLocal.Tensors;

namespace NonLocal.Benchmarks.SideBySide;

/// <summary>What is done with a row's network.</summary>
internal enum RowMode
{
    /// <summary>The forward pass.</summary>
    Inference,

    /// <summary>A block's forward pass and its gradients, that of its input included; the loss is the mean of the squared output.</summary>
    Backward,

    /// <summary>A classifier's whole step: forward, cross entropy, backward, and stochastic gradient descent with momentum.</summary>
    Step,

    /// <summary>Compiling, without running.</summary>
    Compile,
}

/// <summary>One row of the table, as <c>benchmarks/side-by-side/rows.json</c> describes it.</summary>
/// <param name="Subject"><c>product</c>, a model's name, or a block's name.</param>
/// <param name="Shape">The input, channels last; rows × columns × inner length of a product.</param>
/// <param name="Mode">What is done.</param>
/// <param name="Threads">How many threads share the work.</param>
/// <param name="Choice">What differs from a block's defaults.</param>
internal sealed record Row(string Subject, Shape Shape, RowMode Mode, int Threads, AttentionChoice Choice)
{
    /// <summary>Reads a row's JSON object.</summary>
    public static Row Parse(string json)
    {
        JsonNode row = JsonNode.Parse(json)!;
        return new Row(
            (string)row["subject"]!,
            Shape.Parse((string)row["shape"]!),
            Enum.Parse<RowMode>((string?)row["mode"] ?? "inference", ignoreCase: true),
            (int?)row["threads"] ?? 2,
            new AttentionChoice
            {
                Pairwise = (string?)row["pairwise"] is { } word ? Enum.Parse<Pairwise>(word.Replace("-", ""), ignoreCase: true) : null,
                Subsample = (bool?)row["subsample"] ?? false,
            });
    }
}
