using System.Buffers.Binary;
using System.Net;
using System.Text.Json.Nodes;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Drawing;

/// <summary>What a page shows of one block.</summary>
/// <param name="Name">Its place in the network.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Map">The positions that read.</param>
/// <param name="Readers">The grid of those whose weights are given, at most as long as <paramref name="Map"/> along each axis.</param>
/// <param name="Keys">The positions that are read.</param>
/// <param name="Weights">[readers, keys].</param>
public sealed record AttentionPageBlock(string Name, string Kind, GridSize Map, GridSize Readers, GridSize Keys, float[] Weights);

/// <summary>
/// A page for a browser, one file without anything outside, that shows what the position under the pointer reads. Works by keyboard and
/// tells the numbers as text.
/// </summary>
public static class AttentionPage
{
    private const string Template = "NonLocal.Vision.Drawing.AttentionPage.html";

    /// <summary>Writes a page.</summary>
    /// <param name="title">Such as the picture's name.</param>
    /// <param name="answer">A sentence under the title.</param>
    /// <param name="frames">The picture, or the frames of a clip, all of one size.</param>
    /// <param name="blocks">At least one.</param>
    /// <returns>The page's text; its weights are rounded to 8 bits between the least and the largest of each position.</returns>
    /// <exception cref="ArgumentException">No block, no frame, or weights that do not fit their grids.</exception>
    public static string Create(
        string title, string answer, IReadOnlyList<Picture> frames, IReadOnlyList<AttentionPageBlock> blocks)
    {
        if (frames.Count == 0 || blocks.Count == 0)
        {
            throw new ArgumentException($"a page needs a picture and a block, got {frames.Count} and {blocks.Count}.");
        }

        JsonObject data = new()
        {
            ["width"] = frames[0].Width,
            ["height"] = frames[0].Height,
            ["frames"] = new JsonArray([.. frames.Select(frame => (JsonNode)("data:image/png;base64," + Encode(frame)))]),
            ["colours"] = Convert.ToBase64String(ColourMap.ToBytes()),
            ["blocks"] = new JsonArray([.. blocks.Select(block => (JsonNode)Describe(block))]),
        };

        // JSON's text has no '<', so nothing in it ends the script that holds it.
        return ReadTemplate()
            .Replace("{{title}}", WebUtility.HtmlEncode(title), StringComparison.Ordinal)
            .Replace("{{answer}}", WebUtility.HtmlEncode(answer), StringComparison.Ordinal)
            .Replace("{{data}}", data.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>Rounds rows of weights to 8 bits, 0 for the least weight of a row and 255 for its largest.</summary>
    /// <param name="weights">[rows, width].</param>
    /// <param name="width">Weights in a row.</param>
    /// <returns>A byte for each weight, and the least and the largest weight of each row.</returns>
    internal static (byte[] Levels, float[] Ranges) Quantise(ReadOnlySpan<float> weights, int width)
    {
        byte[] levels = new byte[weights.Length];
        float[] ranges = new float[2 * (weights.Length / width)];
        for (int row = 0; row < weights.Length / width; row++)
        {
            (float low, float high) = (float.MaxValue, float.MinValue);
            foreach (float weight in weights.Slice(row * width, width))
            {
                (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
            }

            (ranges[2 * row], ranges[(2 * row) + 1]) = (low, high);
            for (int i = row * width; i < (row + 1) * width; i++)
            {
                levels[i] = (byte)(high > low ? MathF.Round(255 * (weights[i] - low) / (high - low)) : 0);
            }
        }

        return (levels, ranges);
    }

    private static JsonObject Describe(AttentionPageBlock block)
    {
        if ((long)block.Readers.Count * block.Keys.Count != block.Weights.Length)
        {
            throw new ArgumentException(
                $"{block.Name}: {block.Readers.Count} readers of {block.Keys.Count} positions do not have {block.Weights.Length} weights.");
        }

        (byte[] levels, float[] ranges) = Quantise(block.Weights, block.Keys.Count);
        byte[] rangeBytes = new byte[ranges.Length * sizeof(float)];
        for (int i = 0; i < ranges.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(rangeBytes.AsSpan(i * sizeof(float)), ranges[i]);
        }

        return new JsonObject
        {
            ["name"] = block.Name,
            ["kind"] = block.Kind,
            ["map"] = Lengths(block.Map),
            ["readers"] = Lengths(block.Readers),
            ["keys"] = Lengths(block.Keys),
            ["ranges"] = Convert.ToBase64String(rangeBytes),
            ["levels"] = Convert.ToBase64String(levels),
        };
    }

    private static JsonArray Lengths(GridSize grid) => [(JsonNode)grid.Frames, (JsonNode)grid.Rows, (JsonNode)grid.Columns];

    private static string Encode(Picture picture)
    {
        using MemoryStream stream = new();
        Png.Write(stream, picture);
        return Convert.ToBase64String(stream.ToArray());
    }

    private static string ReadTemplate()
    {
        using Stream stream = typeof(AttentionPage).Assembly.GetManifestResourceStream(Template)
            ?? throw new InvalidOperationException($"The library was built without {Template}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
