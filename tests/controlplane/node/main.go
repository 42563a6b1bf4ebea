// Command node stands in for a kubelet: it registers one node and reports the
// pods scheduled to it as running and ready, without running anything. A pod
// with "never-ready" in the name or tag of one of its images stays Pending, as
// it would with an image that cannot be pulled: `helm upgrade --wait` must fail.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

// firstRetry and lastRetry bound the pause between attempts at one pod: the
// tests expect a pod to be ready within a second.
const (
	firstRetry = 20 * time.Millisecond
	lastRetry  = time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "credentials that may write nodes and pods")
	name := flag.String("name", "node", "name of the node to register")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatalf("reading %s: %v", *kubeconfig, err)
	}
	// Client-side throttling would make the pods of a large chart wait for each other.
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatalf("connecting with %s: %v", *kubeconfig, err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := register(ctx, client, *name); err != nil {
		log.Fatalf("registering node %s: %v", *name, err)
	}
	log.Printf("node %s is ready", *name)
	watch(ctx, client, *name)
}

// watch keeps the status of every pod on the node up to date until ctx ends.
func watch(ctx context.Context, client kubernetes.Interface, node string) {
	queue := workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](firstRetry, lastRetry))
	context.AfterFunc(ctx, queue.ShutDown)

	enqueue := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			queue.Add(key)
		}
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", node).String()
		}))
	pods := factory.Core().V1().Pods()
	if _, err := pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    enqueue,
		UpdateFunc: func(_, object any) { enqueue(object) },
	}); err != nil {
		log.Fatalf("watching pods: %v", err)
	}
	lister := pods.Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	kubelet := &kubelet{client: client}
	for {
		key, shutdown := queue.Get()
		if shutdown {
			return
		}
		if err := kubelet.sync(ctx, lister, key); err != nil {
			log.Printf("pod %s: %v", key, err)
			queue.AddRateLimited(key)
		} else {
			queue.Forget(key)
		}
		queue.Done(key)
	}
}
