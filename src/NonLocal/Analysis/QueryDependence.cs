using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Analysis;

/// <summary>
/// How much what a block does depends on the position that reads: mean distances over all pairs of positions, averaged over pictures. See
/// <see cref="PairDistances"/>; null: not defined.
/// </summary>
/// <param name="Block">The block.</param>
/// <param name="Positions">Positions of its map.</param>
/// <param name="Queries">How many of them were looked at for maps and divergence.</param>
/// <param name="Input">Cosine distance of the features that come in.</param>
/// <param name="Output">Cosine distance of what the block adds to them; null where it adds nothing.</param>
/// <param name="Maps">Cosine distance of the attention maps; null where positions have none.</param>
/// <param name="Divergence">Jensen–Shannon divergence of the maps; null where they are no distributions.</param>
public sealed record QueryDependence(
    Layer Block, int Positions, int Queries, Estimate? Input, Estimate? Output, Estimate? Maps, Estimate? Divergence);

/// <summary>
/// Measures <see cref="QueryDependence"/> for all attention blocks of a network, picture by picture. Inputs and outputs are compared at all
/// positions; maps at positions drawn once, so that no map of all pairs exists and any number of positions can be looked at.
/// </summary>
public sealed class QueryDependenceMeter
{
    private readonly Program program;
    private readonly Entry[] entries;

    /// <summary>Compiles a network that shows all of its blocks.</summary>
    /// <param name="network">From pictures, say, to logits.</param>
    /// <param name="input">The input's shape, of a batch of one.</param>
    /// <param name="queries">At how many positions maps are compared, at least 2; where there are fewer, at all.</param>
    /// <param name="seed">Of the positions that are drawn.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="ArgumentException">No block, a block that is used more than once, or a batch of several.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public QueryDependenceMeter(Layer network, Shape input, int queries = 128, ulong seed = 0, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(queries, 2);
        IReadOnlyList<AttentionTap> taps = AttentionTap.All(network);
        if (taps.Count == 0 || input[0] != 1)
        {
            throw new ArgumentException(
                taps.Count == 0 ? "The network has no attention block." : $"One picture at a time is expected, got {input}.");
        }

        Graph graph = new();
        Value output = network.BuildForInference(graph.Input("x", input));
        BlockPlace[] places = [.. taps.Select(tap => BlockPlace.Find(tap.Block, network, output))];
        List<Value> shown = [];
        entries = [.. taps.Select((tap, i) => new Entry(tap, places[i], queries, seed, shown))];
        program = Program.Compile(graph, shown, options);
    }

    /// <summary>What has been found, in the order of the blocks.</summary>
    /// <exception cref="InvalidOperationException">No picture was looked at.</exception>
    public IReadOnlyList<QueryDependence> Results => [.. entries.Select(entry => entry.Result())];

    /// <summary>Looks at one picture.</summary>
    /// <param name="sample">The network's input.</param>
    public void Add(ReadOnlySpan<float> sample)
    {
        sample.CopyTo(program.Inputs[0].Span);
        program.Run();
        foreach (Entry entry in entries)
        {
            entry.Add(program.Outputs);
        }
    }

    private sealed class Entry
    {
        private readonly AttentionTap tap;
        private readonly int first;
        private readonly int positions;
        private readonly int[] queries;
        private readonly bool addsToInput;
        private readonly List<Estimate> inputs = [];
        private readonly List<Estimate> outputs = [];
        private readonly List<Estimate> maps = [];
        private readonly List<Estimate> divergences = [];
        private int pictures;

        public Entry(AttentionTap tap, BlockPlace place, int queries, ulong seed, List<Value> shown)
        {
            this.tap = tap;
            first = shown.Count;
            positions = checked((int)place.Input.Shape[1..^1].Count);
            this.queries = Draw(positions, queries, new RandomStream(seed, RandomStream.PurposeOf("queries: " + tap.Block.Path)));
            addsToInput = place.Input.Shape == place.Output.Shape;
            shown.AddRange([place.Input, place.Output]);
            if (tap.IsReadByPositions)
            {
                shown.Add(tap.Rows(place.Input, this.queries));
            }
        }

        public void Add(IReadOnlyList<Tensor> shown)
        {
            pictures++;
            ReadOnlySpan<float> x = shown[first].Span;
            float[] z = shown[first + 1].Span.ToArray();
            for (int i = 0; addsToInput && i < z.Length; i++)
            {
                z[i] -= x[i];
            }

            Collect(inputs, PairDistances.Cosine(x, shown[first].Shape.Last), positions, positions);
            Collect(outputs, PairDistances.Cosine(z, shown[first + 1].Shape.Last), positions, z.Length / shown[first + 1].Shape.Last);
            if (tap.IsReadByPositions)
            {
                Tensor rows = shown[first + 2];
                Collect(maps, PairDistances.Cosine(rows.Span, rows.Shape.Last), positions, queries.Length);
                Collect(
                    divergences,
                    tap.SumsToOne ? PairDistances.JensenShannon(rows.Span, rows.Shape.Last) : [],
                    positions,
                    queries.Length);
            }
        }

        public QueryDependence Result() => pictures > 0
            ? new(tap.Block, positions, queries.Length, Mean(inputs), Mean(outputs), Mean(maps), Mean(divergences))
            : throw new InvalidOperationException("No picture has been looked at.");

        // Rows without a direction are left out of the population by their share of the sample.
        private static void Collect(List<Estimate> estimates, double[] distances, int population, int looked)
        {
            if (distances.Length > 0)
            {
                estimates.Add(Estimate.OfPairs(distances, (int)Math.Round((double)population * distances.Length / looked)));
            }
        }

        private static Estimate? Mean(List<Estimate> pictures) => pictures.Count == 0 ? null : Estimate.OfPictures(pictures);

        // So many different positions, in rising order; all where there are no more.
        private static int[] Draw(int positions, int count, RandomStream random)
        {
            int[] all = [.. Enumerable.Range(0, positions)];
            if (count >= positions)
            {
                return all;
            }

            float[] keys = new float[positions];
            random.Uniform(keys);
            Array.Sort(keys, all);
            Array.Sort(all, 0, count);
            return all[..count];
        }
    }
}
