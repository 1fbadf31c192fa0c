using System.Globalization;
using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>Some clips of a set, in the order in which they are chosen; the classes stay.</summary>
public sealed class ChosenClips : ClipSet
{
    private readonly ClipSet set;
    private readonly int[] chosen;

    /// <summary>Chooses clips.</summary>
    /// <param name="set">Of all clips.</param>
    /// <param name="chosen">Their numbers, at least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public ChosenClips(ClipSet set, IEnumerable<int> chosen)
    {
        ArgumentNullException.ThrowIfNull(set);
        this.set = set;
        this.chosen = [.. chosen];
        if (this.chosen.Length == 0)
        {
            throw new ArgumentException("no clips are chosen, expected at least one", nameof(chosen));
        }

        Dictionary<int, string> problems = set.Problems.ToDictionary(problem => problem.Index, problem => problem.Problem);
        Problems =
        [
            .. Enumerable.Range(0, this.chosen.Length)
                .Where(index => problems.ContainsKey(this.chosen[index]))
                .Select(index => (index, problems[this.chosen[index]])),
        ];
    }

    /// <inheritdoc/>
    public override string Kind => set.Kind;

    /// <inheritdoc/>
    public override bool IsOnDisk => set.IsOnDisk;

    /// <inheritdoc/>
    public override int Count => chosen.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => set.ClassNames;

    /// <inheritdoc/>
    public override IReadOnlyList<(int Index, string Problem)> Problems { get; }

    /// <summary>The first clips of every class, in the set's order.</summary>
    /// <param name="set">Of all clips.</param>
    /// <param name="count">How many of each class, at least 1; classes that have fewer give all.</param>
    public static ChosenClips FirstOfEachClass(ClipSet set, int count)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int[] taken = new int[set.ClassNames.Count];
        return new(set, Enumerable.Range(0, set.Count).Where(index => ++taken[set.Label(index)] <= count));
    }

    /// <inheritdoc/>
    public override int Label(int index) => set.Label(chosen[index]);

    /// <inheritdoc/>
    public override string Source(int index) => set.Source(chosen[index]);

    /// <inheritdoc/>
    public override VideoSource Open(int index) => set.Open(chosen[index]);

    /// <summary>The clips inside a part of a set, or those outside of it.</summary>
    /// <param name="set">Of all clips.</param>
    /// <param name="path">A CSV file with a column "fold" and one line a clip.</param>
    /// <param name="fold">Which part.</param>
    /// <param name="inside">Inside of it.</param>
    /// <param name="limits">How large the file may be.</param>
    /// <exception cref="FileFormatException">Not such a file, or no clip is chosen.</exception>
    internal static ChosenClips OfFold(ClipSet set, string path, int fold, bool inside, ReadLimits limits)
    {
        int[] folds = InputFile.Read(path, file => Folds(file, limits));
        if (folds.Length != set.Count)
        {
            throw new FileFormatException($"the file has {folds.Length} lines for {set.Count} clips, expected one each", path);
        }

        int[] numbers = [.. Enumerable.Range(0, folds.Length).Where(index => folds[index] == fold == inside)];
        return numbers.Length > 0 && folds.Contains(fold)
            ? new(set, numbers)
            : throw new FileFormatException(
                $"no clip is {(inside ? "in" : "outside of")} fold {fold}; there are {string.Join(", ", folds.Distinct().Order())}", path);
    }

    private static int[] Folds(FileStream file, ReadLimits limits)
    {
        string[] lines = Encoding.UTF8.GetString(BoundedReader.ReadAll(file, limits.MaximumFileBytes, "the file of folds"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int column = lines.Length == 0 ? -1 : Array.IndexOf(lines[0].Split(','), "fold");
        if (column < 0)
        {
            throw new FileFormatException("the first line names no column \"fold\", expected names with commas between them");
        }

        int[] folds = new int[lines.Length - 1];
        for (int i = 0; i < folds.Length; i++)
        {
            string[] fields = lines[i + 1].Split(',');
            if (fields.Length <= column
                || !int.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out folds[i]))
            {
                throw new FileFormatException($"line {i + 2} has no number in the column \"fold\"");
            }
        }

        return folds;
    }
}
