namespace NonLocal.Formats.PyTorch;

/// <summary>
/// What Caffe2's training programs (facebookresearch/video-nonlocal-net) save: a pickled dictionary with the key <c>blobs</c>, which holds
/// arrays by name, the momentum of each, the learning rate and the step's number.
/// </summary>
internal static class Caffe2Blobs
{
    private const string Key = "blobs";
    private const string Momentum = "_momentum";
    private const string Rate = "lr";

    /// <summary>The arrays of the network alone; anything else as it is.</summary>
    public static object? Weights(object? root)
    {
        if (root is not CheckpointDictionary file || !file.TryGetDictionary(Key, out CheckpointDictionary? blobs))
        {
            return root;
        }

        CheckpointDictionary weights = new();
        foreach ((object key, object? value) in blobs)
        {
            if (value is CheckpointTensor && key is string name && name != Rate && !name.EndsWith(Momentum, StringComparison.Ordinal))
            {
                weights.Set(name, value);
            }
        }

        CheckpointDictionary made = new();
        made.Set(Key, weights);
        return made;
    }
}
