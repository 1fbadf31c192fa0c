using System.Runtime.InteropServices;
using System.Text;
using NonLocal.Cli.Rendering;
using NonLocal.Formats;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Cli.Recipes;

/// <summary>
/// The folder of a training run: <c>recipe.yaml</c> (resolved), <c>environment.json</c>, <c>log.csv</c>, and the checkpoints
/// <c>last</c>, <c>previous</c> and <c>best.safetensors</c>.
/// </summary>
internal sealed class RunFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>Whether a run has left a checkpoint here.</summary>
    public bool HasRun => File.Exists(In("last.safetensors")) || File.Exists(In("previous.safetensors"));

    /// <summary>A file of the folder.</summary>
    public string In(string name) => System.IO.Path.Combine(path, name);

    /// <summary>Makes the folder for a new run, or checks that a run that is there is the same one.</summary>
    /// <param name="recipe">Resolved.</param>
    /// <param name="resume">Go on with a run that is there.</param>
    /// <param name="threads">Of the run, for the record.</param>
    /// <exception cref="UsageException">A run is there and is not to be resumed, or has another recipe.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Prepare(string recipe, bool resume, int threads)
    {
        if (HasRun && !resume)
        {
            throw new UsageException($"{path} holds a run already; --resume goes on with it, --output takes another folder.");
        }

        if (HasRun && File.Exists(In("recipe.yaml")) && FirstDifference(File.ReadAllText(In("recipe.yaml")), recipe) is { } difference)
        {
            throw new UsageException($"{In("recipe.yaml")}: {difference} Resume with the same recipe, or take another --output.");
        }

        if (File.Exists(path))
        {
            throw new UsageException($"{path} is a file; --output names the folder of the run.");
        }

        try
        {
            Directory.CreateDirectory(path);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: making a folder here is not permitted.");
        }

        AtomicFile.Write(In("recipe.yaml"), stream => stream.Write(Encoding.UTF8.GetBytes(recipe)));
        RunEnvironment environment = new(
            typeof(RunFolder).Assembly.GetName().Version?.ToString(3) ?? "",
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            threads,
            SimdWidth.Bits);
        AtomicFile.Write(In("environment.json"), stream => stream.Write(Encoding.UTF8.GetBytes(
            System.Text.Json.JsonSerializer.Serialize(environment, Results.Default.RunEnvironment) + "\n")));
    }

    private static string? FirstDifference(string before, string now)
    {
        string[] old = before.Split('\n');
        string[] next = now.Split('\n');
        for (int i = 0; i < Math.Max(old.Length, next.Length); i++)
        {
            string was = i < old.Length ? old[i].Trim() : "";
            string name = i < next.Length ? next[i].Trim() : "";
            if (was != name)
            {
                return $"the run was begun with '{was}', the recipe now says '{name}'.";
            }
        }

        return null;
    }
}
