using System.CommandLine;
using NonLocal.Cli.Rendering;
using NonLocal.Formats;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal convert IN OUT</c>.</summary>
internal sealed class ConvertVerb : VerbCommand
{
    private readonly Argument<string> input =
        new("IN") { Description = "A PyTorch .pth/.pt/.th or safetensors file; recognised by its content." };

    private readonly Argument<string> output =
        new("OUT") { Description = "The file to write; its extension says the format: .safetensors." };

    private readonly Option<string?> key = new("--key")
    {
        Description = "Which dictionary of tensors to take when the file holds several, such as state_dict or model_ema.",
        HelpName = "NAME",
    };

    /// <summary>The verb.</summary>
    public ConvertVerb()
        : base(
            "convert",
            "Convert a weight file; picks the dictionary of tensors, strips 'module.'; of a checkpoint of train, the network.",
            "nonlocal convert resnet20.th resnet20.safetensors",
            "nonlocal convert runs/cifar10/best.safetensors network.safetensors --json")
    {
        Arguments.Add(input);
        Arguments.Add(output);
        Options.Add(key);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string source = arguments.GetValue(input)!;
        string target = arguments.GetValue(output)!;
        Action<string, TensorFile> write = Writer(target);
        TensorFile file = WeightFile.Read(source, arguments.GetValue(key));
        write(target, file);
        long bytes = file.Sum(tensor => (long)tensor.Data.Length);
        if (json)
        {
            Results.Write(terminal, new ConvertResult(source, target, file.Count, bytes), Results.Default.ConvertResult);
        }
        else
        {
            terminal.Output.WriteLine($"{target}: {Figures.Whole(file.Count)} tensors, {Figures.Whole(bytes)} bytes of numbers");
        }

        return 0;
    }

    // Before anything is read: a name that cannot be written is refused at once.
    private static Action<string, TensorFile> Writer(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => Safetensors.Write,
        "" => throw new UsageException($"{path} has no extension; .safetensors says what to write."),
        string other => throw new UsageException($"{path}: cannot write '{other}'; expected .safetensors."),
    };
}
