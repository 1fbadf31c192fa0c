using System.CommandLine;
using NonLocal.Cli.Benchmarks;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal bench model NAME</c>.</summary>
internal sealed class BenchModelVerb : BenchVerb
{
    private readonly Argument<string> name = new("NAME") { Description = ModelArguments.Known };

    private readonly Option<string> shape = LayerSubject.ShapeOption("1x224x224x3");

    private readonly Option<bool> train = LayerSubject.TrainOption();

    /// <summary>The verb.</summary>
    public BenchModelVerb()
        : base(
            "model",
            "Measure a network.",
            "nonlocal bench model resnet50 --shape 1x224x224x3",
            "nonlocal bench model cifar-resnet20 --shape 32x32x32x3 --train --json")
    {
        Arguments.Add(name);
        Options.Add(shape);
        Options.Add(train);
    }

    /// <inheritdoc/>
    protected override BenchSubject Build(ParseResult arguments) => LayerSubject.Of(
        ModelArguments.Create(arguments.GetValue(name)!),
        LayerSubject.InputShape(arguments.GetValue(shape)!, 4, 4),
        arguments.GetValue(train));
}
