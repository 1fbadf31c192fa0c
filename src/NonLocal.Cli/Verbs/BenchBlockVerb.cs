using System.CommandLine;
using NonLocal.Attention;
using NonLocal.Cli.Benchmarks;
using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal bench block NAME</c>.</summary>
internal sealed class BenchBlockVerb : BenchVerb
{
    private readonly Argument<string> name = new("NAME") { Description = $"One of {string.Join(", ", AttentionRegistry.Names)}." };

    private readonly Option<string> shape = LayerSubject.ShapeOption("1x256x256x128");

    private readonly Option<bool> train = LayerSubject.TrainOption();

    private readonly Option<string?> pairwise = new("--pairwise")
    {
        Description = "How pairs of positions are weighted.",
        HelpName = string.Join('|', PairwiseWord.All.Select(entry => entry.Word)),
    };

    private readonly Option<bool> subsample = new("--subsample") { Description = "Pool keys and values." };

    private readonly Option<bool> literal = new("--literal")
    {
        Description = "Compute the definition as it stands, with the map of all pairs.",
    };

    /// <summary>The verb.</summary>
    public BenchBlockVerb()
        : base(
            "block",
            "Measure an attention block.",
            "nonlocal bench block non-local --shape 1x4x28x28x512 --subsample",
            "nonlocal bench block non-local --shape 1x256x256x128 --pairwise dot-product --train --json")
    {
        Arguments.Add(name);
        Options.Add(shape);
        Options.Add(train);
        Options.Add(pairwise);
        Options.Add(subsample);
        Options.Add(literal);
    }

    /// <inheritdoc/>
    protected override BenchSubject Build(ParseResult arguments)
    {
        Shape input = LayerSubject.InputShape(arguments.GetValue(shape)!, 3, 5);
        AttentionChoice choice = new()
        {
            Pairwise = arguments.GetValue(pairwise) is { } word ? PairwiseWord.Read("--pairwise", word) : null,
            Subsample = arguments.GetValue(subsample),
            Route = arguments.GetValue(literal) ? Route.Literal : Route.Automatic,
        };
        bool backward = arguments.GetValue(train);
        BenchSubject subject = LayerSubject.Of(Create(choice), input, backward);
        long literalWork = LayerSubject.Of(Create(choice with { Route = Route.Literal }), input, backward).LiteralMultiplyAdds;
        return subject with { LiteralMultiplyAdds = literalWork };

        Layer Create(AttentionChoice chosen) => AttentionRegistry.Create(arguments.GetValue(name)!, input.Last, chosen);
    }
}
