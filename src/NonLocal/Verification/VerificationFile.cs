using System.Globalization;
using System.Text.Json;
using NonLocal.Formats;
using NonLocal.Tensors;

namespace NonLocal.Verification;

/// <summary>One forward pass that a file describes.</summary>
/// <param name="Tensors">The file's tensors under the names of a single pass.</param>
/// <param name="Parameters">State dictionary before the pass; passes of one file share it, so that buffers carry over.</param>
/// <param name="Training">In training or in evaluation.</param>
/// <param name="NameInFile">The file's own name of a tensor.</param>
internal sealed record CasePass(
    IReadOnlyDictionary<string, CaseTensor> Tensors,
    Dictionary<string, CaseTensor> Parameters,
    bool Training,
    Func<string, string> NameInFile);

/// <summary>A verification file: metadata and tensors.</summary>
internal sealed class VerificationFile
{
    private readonly IReadOnlyDictionary<string, string> metadata;
    private readonly Dictionary<string, CaseTensor> tensors;

    /// <summary>What was read from a file.</summary>
    public VerificationFile(TensorFile file)
    {
        metadata = file.Metadata;
        tensors = [];
        foreach (StoredTensor tensor in file)
        {
            tensors[tensor.Name] = new CaseTensor(new Shape(Array.ConvertAll(tensor.Shape.ToArray(), ToInt32)), tensor.ToDouble());
        }
    }

    /// <summary>The block's published name; empty when the file names none.</summary>
    public string Block => metadata.GetValueOrDefault("block", "");

    /// <summary>The block's configuration, JSON.</summary>
    public string Config => metadata.GetValueOrDefault("config", "{}");

    /// <summary>What the file says that may differ. Files without tolerances get those that suit single precision.</summary>
    public CaseTolerances Tolerances => new(Number("tol_output", 1e-5), Number("tol_grad", 1e-4), 1e-5);

    /// <summary>Keys of parameters whose gradient is zero by mathematics, or none in the reference.</summary>
    public IEnumerable<string> ZeroGradients => [.. Names("analytically_zero_grads"), .. Names("reference_grad_none")];

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, CaseTensor> Tensors => tensors;

    /// <summary>The forward passes, to be checked in this order.</summary>
    public IEnumerable<CasePass> Passes()
    {
        Dictionary<string, CaseTensor> parameters = CaseTensor.Under("param.", tensors);
        if (!tensors.ContainsKey("output.0") || !tensors.ContainsKey("input.0"))
        {
            yield return new CasePass(tensors, parameters, IsTraining("eval"), name => name);
            yield break;
        }

        int steps = 0;
        for (; tensors.ContainsKey($"input.{steps}") && tensors.ContainsKey($"output.{steps}"); steps++)
        {
            yield return Step(steps, parameters);
        }

        if (tensors.TryGetValue("output.eval", out CaseTensor? evaluated))
        {
            Dictionary<string, CaseTensor> last = new() { ["input"] = tensors[$"input.{steps - 1}"], ["output"] = evaluated };
            yield return new CasePass(last, parameters, false, name => name == "output" ? "output.eval" : name);
        }
    }

    // The content lies in an array, so only a tensor without elements can have an axis longer than this.
    private static int ToInt32(long length) => (int)Math.Min(length, int.MaxValue);

    private CasePass Step(int step, Dictionary<string, CaseTensor> parameters)
    {
        string after = $"after{step}.";
        Dictionary<string, CaseTensor> view = new()
        {
            ["input"] = tensors[$"input.{step}"],
            ["output"] = tensors[$"output.{step}"],
        };
        foreach ((string name, CaseTensor tensor) in tensors)
        {
            if (name.StartsWith(after, StringComparison.Ordinal) && !IsStaleCounter(name[after.Length..], tensor))
            {
                view["after." + name[after.Length..]] = tensor;
            }
        }

        return new CasePass(
            view, parameters, IsTraining("train"), name => name == "output" ? $"output.{step}" : name.Replace("after.", after));
    }

    // Files of several steps may have kept a counter by reference: then it stands at its last value from the start, and says nothing.
    private bool IsStaleCounter(string key, CaseTensor after) =>
        CaseComparison.IsCounter(key) && tensors.TryGetValue("param." + key, out CaseTensor? before) && before.Content.SequenceEqual(
            after.Content);

    // A dash stands for a function that has no mode; steps that follow each other are steps of training.
    private bool IsTraining(string otherwise) => metadata.GetValueOrDefault("mode", "-") switch
    {
        "train" => true,
        "eval" => false,
        "-" => otherwise == "train",
        string other => throw new UnsupportedBlockException($"mode is '{other}', expected train or eval."),
    };

    private double Number(string key, double otherwise) =>
        !metadata.TryGetValue(key, out string? text) ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= 0 ? number
        : throw new UnsupportedBlockException($"metadata '{key}' is '{text}', expected a number.");

    private string[] Names(string key)
    {
        if (!metadata.TryGetValue(key, out string? text))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(name => name.GetString() ?? "")];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new UnsupportedBlockException($"metadata '{key}' is not a JSON list of names.");
        }
    }
}
