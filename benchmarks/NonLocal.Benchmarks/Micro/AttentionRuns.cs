using BenchmarkDotNet.Attributes;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>Softmax attention without a map of all pairs.</summary>
public class AttentionRuns : OperationRuns
{
    /// <summary>How many positions ask.</summary>
    [Params(784, 3136)]
    public int Queries { get; set; }

    /// <summary>How many positions are read.</summary>
    [Params(784, 3136)]
    public int Keys { get; set; }

    /// <summary>Channels of queries, keys and values.</summary>
    [Params(64, 256)]
    public int Channels { get; set; }

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Value query = graph.Input("query", [1, Queries, Channels]);
        Value key = graph.Input("key", [1, Keys, Channels]);
        Value value = graph.Input("value", [1, Keys, Channels]);
        return (query.Attend(key, value), [query, key, value]);
    }
}
