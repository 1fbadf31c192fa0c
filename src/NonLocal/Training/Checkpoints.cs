using NonLocal.Formats;
using NonLocal.Layers;

namespace NonLocal.Training;

/// <summary>
/// The checkpoints of a run in its folder: the last one, the one before it, and the best. Wherever the program or the machine stops, a
/// whole one is there.
/// </summary>
public sealed class Checkpoints
{
    private bool lastIsWhole;

    /// <summary>The checkpoints of a folder, which is made when it is missing.</summary>
    public Checkpoints(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        LastPath = Path.Combine(folder, "last.safetensors");
        PreviousPath = Path.Combine(folder, "previous.safetensors");
        BestPath = Path.Combine(folder, "best.safetensors");
    }

    /// <summary>The newest.</summary>
    public string LastPath { get; }

    /// <summary>The one before the newest.</summary>
    public string PreviousPath { get; }

    /// <summary>That of the best evaluation.</summary>
    public string BestPath { get; }

    /// <summary>Writes the last checkpoint and keeps the one before it; a damaged one does not take the place of a whole one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(Module module, ParameterUpdate update, TrainingPosition position)
    {
        if (File.Exists(LastPath) && (lastIsWhole || TryRead(LastPath, out _) is not null))
        {
            File.Move(LastPath, PreviousPath, overwrite: true);
        }

        lastIsWhole = false;
        TrainingState.Save(LastPath, module, update, position);
        lastIsWhole = true;
    }

    /// <summary>Writes the best checkpoint.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveBest(Module module, ParameterUpdate update, TrainingPosition position) =>
        TrainingState.Save(BestPath, module, update, position);

    /// <summary>Reads the newest whole checkpoint over a network and its update.</summary>
    /// <param name="module">Keeps all its values when there is none.</param>
    /// <param name="update">Of the same rule as the saved one.</param>
    /// <param name="skipped">Told, in one sentence each, which newer ones could not be used.</param>
    /// <returns>Where the run stood; null when the folder has no whole checkpoint.</returns>
    /// <exception cref="WeightMismatchException">The checkpoint belongs to another network or another rule.</exception>
    public TrainingPosition? Load(Module module, ParameterUpdate update, Action<string>? skipped = null)
    {
        (string Path, TensorFile File, long Step)? newest = null;
        foreach (string path in (string[])[LastPath, PreviousPath, BestPath])
        {
            // The last one is always the newest; only without it are the others compared.
            if (!File.Exists(path) || newest?.Path == LastPath)
            {
                continue;
            }

            TensorFile? file = TryRead(path, out string problem);
            if (file is null)
            {
                skipped?.Invoke(problem);
            }
            else if (TrainingState.PositionOf(path, file).Step is var step && (newest is null || step > newest.Value.Step))
            {
                newest = (path, file, step);
            }
        }

        lastIsWhole = newest?.Path == LastPath;
        return newest is { } found ? TrainingState.Restore(found.Path, found.File, module, update) : null;
    }

    private static TensorFile? TryRead(string path, out string problem)
    {
        problem = "";
        try
        {
            TensorFile file = SealedFile.Read(path);
            TrainingState.PositionOf(path, file);
            return file;
        }
        catch (IOException error)
        {
            problem = error.Message;
            return null;
        }
    }
}
