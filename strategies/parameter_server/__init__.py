"""Parameter servers: variables live on servers, workers compute, a script coordinates.

    coordinator ── closures ──▶ worker          one process runs the script
         │                        │
         └── variables ──▶ parameter server ◀── pulls, pushes

`docs/parameter_servers.md` tells it from the outside. The map, from the ground up:
    cluster              the tasks, their addresses and their key
    arrays               values as arrays
    codec                programs as bytes that another process can read
    store                a server's variables, and the optimizer's steps on them
    links                a process's connections to all servers: pulls and pushes
    variables            what stands for a server's variable elsewhere
    updates              an optimizer's step as a program of the server
    partitioners, sharded_variable, placement   what lives where
    closures, closure_queue   functions under way to the workers
    worker_link, server_watch, dispatch   who gets them; lost workers, servers, stalls
    rounds               which closures may run now: free, bounded, or in step
    per_worker           datasets and iterators that each worker has its own of
    runner               a worker's side: functions, iterators, the closures' results
    task_server          what a worker or server process does: `tf.distribute.Server`
    strategy, coordinator   ParameterServerStrategy and ClusterCoordinator
    fit                  Keras's `fit` by closures
"""
