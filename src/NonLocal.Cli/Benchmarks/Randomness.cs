using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Benchmarks;

/// <summary>Fills inputs and parameters with numbers that keep a network's activations in a usual range. The same at every run.</summary>
internal sealed class Randomness
{
    private readonly Random random = new(20180613);

    /// <summary>Uniform in −1 … 1.</summary>
    public void Fill(Tensor tensor) => Fill(tensor.Span, -1, 1);

    /// <summary>
    /// Every variable of a graph, those that start at zero too, or a fresh block would be measured as the identity. Weights get the
    /// usual spread for their fan-in; gains, biases and variances lie in 0.5 … 1.5.
    /// </summary>
    public void Fill(Graph graph)
    {
        foreach (ReadVariable read in graph.Nodes.Select(node => node.Operation).OfType<ReadVariable>())
        {
            Variable variable = read.Variable;
            if (variable.Shape.Rank < 2)
            {
                Fill(variable.Value.Span, 0.5f, 1.5f);
            }
            else
            {
                float spread = MathF.Sqrt(3f * variable.Shape.Last / variable.Shape.Count);
                Fill(variable.Value.Span, -spread, spread);
            }

            variable.MarkChanged();
        }
    }

    private void Fill(Span<float> span, float low, float high)
    {
        foreach (ref float element in span)
        {
            element = low + ((high - low) * random.NextSingle());
        }
    }
}
