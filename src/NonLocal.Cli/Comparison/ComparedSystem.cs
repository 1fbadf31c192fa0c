using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Comparison;

/// <summary>One row of a comparison: a block of the registry, its pairwise function where it has several, and its route.</summary>
/// <param name="Name">As on the command line: <c>non-local</c>, <c>non-local:dot-product</c>.</param>
/// <param name="Block">The registry's name.</param>
/// <param name="Choice">Function and route.</param>
internal sealed record ComparedSystem(string Name, string Block, AttentionChoice Choice)
{
    private const char Separator = ':';

    private const string LiteralRoute = "literal";

    // Reading does not depend on the number of channels, as long as every bottleneck keeps several; the literal definition is slow.
    private const int TriedChannels = 64;

    /// <summary>Every block, and the non-local block with each pairwise function that is not its default.</summary>
    public static IEnumerable<ComparedSystem> All => AttentionRegistry.Names
        .SelectMany(name => name == "non-local" ? [name, .. OtherFunctions.Select(word => $"{name}{Separator}{word}")] : (string[])[name])
        .Select(Parse);

    private static IEnumerable<string> OtherFunctions =>
        PairwiseWord.All.Where(entry => entry.Meaning != Pairwise.EmbeddedGaussian).Select(entry => entry.Word);

    /// <summary><c>exact</c>, the cheapest, or <c>literal</c>, the definition as it stands.</summary>
    public string Route => Choice.Route == Attention.Route.Literal ? LiteralRoute : "exact";

    /// <summary>The same block by its definition as it stands.</summary>
    public ComparedSystem Literal => this with { Choice = Choice with { Route = Attention.Route.Literal } };

    /// <summary>Reads a name with or without a pairwise function.</summary>
    /// <exception cref="UsageException">No such function.</exception>
    /// <exception cref="ArgumentException">No such block, or it has no choice of functions.</exception>
    public static ComparedSystem Parse(string text)
    {
        string[] parts = text.Split(Separator, 2);
        AttentionChoice choice = new() { Pairwise = parts.Length == 1 ? null : PairwiseWord.Read("the pairwise function", parts[1]) };
        AttentionRegistry.Create(parts[0], TriedChannels, choice);
        return new ComparedSystem(text, parts[0], choice);
    }

    /// <summary>A name with its route where that is not the usual one: <c>non-local, literal</c>.</summary>
    public static string TitleOf(string name, string route) => route == LiteralRoute ? $"{name}, {route}" : name;

    /// <summary>Makes the block.</summary>
    /// <exception cref="ArgumentException">The channels do not fit it.</exception>
    public Layer Create(int channels) => AttentionRegistry.Create(Block, channels, Choice);

    /// <summary>Whether the block reads maps of a shape.</summary>
    public bool Reads(Shape input)
    {
        try
        {
            Create(input.Last).BuildForInference(new Graph().Input("x", input));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether the definition as it stands reads a shape and takes other arithmetic or memory than the usual route.</summary>
    public bool HasLiteral(Shape input)
    {
        if (!Literal.Reads(input))
        {
            return false;
        }

        ModelSummary usual = ModelSummary.Of(Create(input.Last), input);
        ModelSummary literal = ModelSummary.Of(Literal.Create(input.Last), input);
        return usual.Flops != literal.Flops || usual.ArenaBytes != literal.ArenaBytes;
    }

    /// <summary>What a position reads, tried by the literal definition on a small map with as many axes.</summary>
    public ReceptiveField ReceptiveField(Shape input)
    {
        int[] axes = (input.Rank - 2) switch { 1 => [16], 2 => [6, 6], _ => [3, 3, 4] };
        int channels = Math.Min(input.Last, TriedChannels);
        return Analysis.ReceptiveField.Of(Literal.Create(channels), [1, .. axes, channels]);
    }
}
